"""Values of plain types: what the side's rows have first, then what is worth trying anyway."""

from __future__ import annotations

import re

from setterbase.prover import words
from setterbase.prover.attacks.supply import SOUGHT, from_rows
from setterbase.prover.context import Context
from setterbase.prover.model import Function, Relation, Type
from setterbase.prover.world import Side

Options = list[str | None]
_PREFIX = re.compile(r"^(p|in|v|arg|i|param|the|target|new|from|to|for|a)?_+|^(target|new)_")
_LATE = re.compile(r"to|end|until|before|as_?of|now|at$")
_FOUND_FIRST = 3  # of what rows have, before other texts are tried


def values(
    ctx: Context,
    function: Function,
    name: str,
    base: Type,
    side: Side | None,
    tables: list[Relation],
) -> Options:
    """Values for an argument `name`, the likeliest first, never an empty list."""
    stem = _PREFIX.sub("", name.lower()) or name.lower()
    if base.kind == "e":
        best = words.top(list(base.labels))
        return list(dict.fromkeys([best, *base.labels]))
    found = from_rows(ctx, stem, base, side, tables) if side is not None else []
    match base.category:
        case "S":
            return _texts(function, stem, found)
        case "N":
            return _numbers(stem, found)
        case "B":
            return ["true", "false"]
        case "D":
            late: Options = ["2031-01-01"] if _LATE.search(stem) else []
            return [*late, "2020-01-01", *found]
        case "T":
            return ["1 day"]
        case _:
            return [*found] or [None]


def _texts(function: Function, stem: str, found: list[str]) -> Options:
    if words.ROLE.match(stem):
        return ["admin", "owner"]
    loose = _loose(function, stem, found)
    few = loose[:2] if found else loose
    return [*found[:_FOUND_FIRST], *few, *found[_FOUND_FIRST:]]


def _loose(function: Function, stem: str, found: list[str]) -> list[str]:
    """Texts of nobody: one that leaves its quotes, one that matches all, any word."""
    if re.search(r"\bexecute\b", function.body, re.I):
        return ["' or true --", "') or true --", "select 1", "%", ""]
    if re.search(r"sql|statement", stem):
        return ["select 1", "", "%"]
    if SOUGHT.search(stem):
        return ["%", "", "a"]
    return ["%", "k7"] if found else ["k7", "%"]


def _numbers(stem: str, found: list[str]) -> Options:
    if re.search(r"year|annee", stem):
        return ["2026", "2031"]
    if re.search(r"month|mois", stem):
        return ["10", "1"]
    if re.search(r"offset|page|skip", stem):
        return ["0", "1"]
    return [*found, "100", "1", "0"]
