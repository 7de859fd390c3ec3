"""JSON for an argument: objects with every key that a function's body reads, lists of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from setterbase.prover.attacks import scalars
from setterbase.prover.attacks.supply import from_rows
from setterbase.prover.context import Context
from setterbase.prover.model import Function, Relation, Type
from setterbase.prover.texts import helper_text
from setterbase.prover.world import Side

_LISTED = r"jsonb?_(?:array_elements(?:_text)?|array_length|(?:to|populate)_recordset)\s*\("
_NUMBERS = ("int", "small", "big", "num", "dec", "real", "double", "float", "bool")
_KINDS = ("type", "kind", "action", "event", "op")  # keys whose words the body tells apart


def of(
    ctx: Context, function: Function, name: str, side: Side | None, tables: list[Relation]
) -> Iterator[str]:
    """Objects with every key that the body reads, one for each word that a type may be.

    Lists, of such an object and of ids, come first where the body takes the argument `name` apart.
    """
    text = helper_text(ctx.catalog, function)
    made = _object(ctx, function, text, side, tables)
    ids = [v for v in scalars.values(ctx, function, "ids", _type(ctx, "uuid"), side, tables) if v]
    lists = [json.dumps([made]), json.dumps(ids)] if made else [json.dumps(ids)]
    itself = rf"(?:null::[^,()]+,\s*)?(?:\w+\.)?(?:{re.escape(name)}\b|\$\d)" if name else r"\$\d"
    listed = re.search(_LISTED + itself, text, re.I)
    if listed:
        yield from lists
    yield json.dumps(made)
    if not listed and re.search(_LISTED, text, re.I):
        yield from lists
    for key in _KINDS:
        if key in made:
            after = re.findall(rf"\b{key}\b(.{{0,160}})", text, re.S)
            found = [w for part in after for w in re.findall(r"'([a-z_]{2,20})'", part)]
            for word in list(dict.fromkeys(found))[:8]:
                yield json.dumps({**made, key: word})


def _object(
    ctx: Context, function: Function, text: str, side: Side | None, tables: list[Relation]
) -> dict[str, str | None]:
    """An object with every key that `text` reads."""
    uuid, plain, whole = (_type(ctx, name) for name in ("uuid", "text", "int8"))
    fields = _record_fields(text)
    made: dict[str, str | None] = {}
    for key in dict.fromkeys([*re.findall(r"(?:->>?|\?)\s*'(\w+)'", text), *fields]):
        if fields.get(key, "").startswith(_NUMBERS):
            of_rows = from_rows(ctx, key, whole, side, tables) if side is not None else []
            made[key] = next(iter(of_rows), "1") if key.endswith("id") else "1"
            continue
        kind = uuid if re.search(r"(^|_)(id|uuid)$", key) or fields.get(key) == "uuid" else plain
        if kind is uuid or side is None:
            made[key] = scalars.values(ctx, function, key, kind, side, tables)[0]
        else:
            made[key] = _text_of(ctx, key, text, plain, side, tables)
    return made


def _type(ctx: Context, name: str) -> Type:
    return next(t for t in ctx.catalog.types.values() if t.name == name)


def _text_of(
    ctx: Context, key: str, text: str, plain: Type, side: Side, tables: list[Relation]
) -> str:
    """A moment, a word that the body compares the key with, the side's value, or any word."""
    if re.search(r"(^|_)(at|date|time|timestamp|on)$", key):
        return "2026-10-01T10:00:00Z"
    near = re.search(rf"'{key}'[)\s]*(?:=|<>|in|not in)\s*\(?\s*'([\w-]+)'", text)
    if near is None:
        near = re.search(rf"\b(?:v_)?{key}\b[)\s]*(?:=|<>|in|not in|when)\s*\(?\s*'([\w-]+)'", text)
    if near is not None:
        return near.group(1)
    return next(iter(from_rows(ctx, key, plain, side, tables)), "k7")


def _record_fields(text: str) -> dict[str, str]:
    """The columns, with their types, that `jsonb_to_record(…) as x (a uuid, b text)` reads."""
    lists = re.findall(
        r"jsonb?_to_record(?:set)?\s*\([^()]*\)\s*(?:as\s+)?\w+\s*\(([^()]*)\)", text, re.I
    )
    pairs = (re.findall(r'(?:^|,)\s*"?(\w+)"?\s+(\w+)', columns) for columns in lists)
    return {name: kind.lower() for found in pairs for name, kind in found}
