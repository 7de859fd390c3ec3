"""One organisation behind a whole database: rows that its people share, whoever made them.

Where no table names a tenant, rules often ask what the caller is (`my_role() is not null`) and
never whose the row is: a clinic's patients are no receptionist's own. Among those whom such a rule
lets in nothing crosses; everybody else attacks these rows as any others.
"""

from __future__ import annotations

import re

from setterbase.prover import intent, words
from setterbase.prover.axes import Axes
from setterbase.prover.model import Catalog, Policy, Relation
from setterbase.prover.refs import Refs
from setterbase.prover.texts import Evidence, helper_text

COMMANDS = ("select", "insert", "update", "delete")
Shared = dict[int, frozenset[str]]  # table → the commands whose rules let every colleague in
REASON = "its rules ask what the caller is, never whose the row is: colleagues share it"


def shared(catalog: Catalog, refs: Refs, evidence: Evidence, axes: Axes) -> Shared:
    """The tables that belong to the one organisation; none where there are tenants."""
    if axes.roots:
        return {}
    helpers = _helpers(catalog, evidence, axes)
    found: Shared = {}
    for table in catalog.tables:
        rules = [p for p in table.policies if p.permissive and _is_for_people(p)]
        if table.oid in axes.personal or not table.rls or not rules or not axes.has(table.oid):
            continue
        if any((table.oid, n) in evidence.user_columns for n in table.columns):
            continue  # some rule compares a column with the caller: the row is somebody's
        pointing = {n.lower() for r in refs[table.oid] for n in r.columns}
        asked = {p: _gate(table, p, pointing, helpers, evidence, catalog, axes) for p in rules}
        if any(gate is None and not intent.shows_state(p) for p, gate in asked.items()):
            continue
        found[table.oid] = frozenset(
            command
            for command in COMMANDS
            if any(gate and p.command in (command, "all") for p, gate in asked.items())
        )
    return found


def _helpers(catalog: Catalog, evidence: Evidence, axes: Axes) -> dict[str, str]:
    """Functions that ask for the caller in a table of people, with what they say."""
    people = [catalog.relations[o] for o in axes.personal]
    found: dict[str, str] = {}
    for function in catalog.functions.values():
        if function.arguments:
            continue
        text = helper_text(catalog, function).lower()
        if "auth.uid()" in text and _asks_role(catalog, people, text, evidence):
            found[function.name.lower()] = text
    return found


def _asks_role(catalog: Catalog, people: list[Relation], text: str, evidence: Evidence) -> bool:
    return any(
        re.search(rf"\b{re.escape(t.name.lower())}\b", text)
        and any(
            words.is_role(catalog, t, c, evidence) and re.search(rf"\b{c.name.lower()}\b", text)
            for c in t.columns.values()
        )
        for t in people
    )


def _is_for_people(policy: Policy) -> bool:
    return not policy.roles or bool({"anon", "authenticated", "public"} & set(policy.roles))


def _gate(
    table: Relation,
    policy: Policy,
    pointing: set[str],
    helpers: dict[str, str],
    evidence: Evidence,
    catalog: Catalog,
    axes: Axes,
) -> bool | None:
    """Whether the rule lets every colleague in (True) or only ranks (False); None for no gate."""
    expression = policy.text.lower()
    said = set(re.findall(r"\b[a-z_]\w*\b", expression))
    called = [text for name, text in helpers.items() if name in said]
    people = [catalog.relations[o] for o in axes.personal]
    direct = "auth.uid()" in expression and _asks_role(catalog, people, expression, evidence)
    if direct:
        said = set(re.findall(rf"\b{re.escape(table.name.lower())}\.(\w+)", expression))
    if not (called or direct) or said & pointing:
        return None
    text = "\n".join([expression, *called])
    ladders = [
        words.labels(catalog, t, c, evidence)
        for t in people
        for c in t.columns.values()
        if words.is_role(catalog, t, c, evidence)
    ]
    named = {word for ladder in ladders for word in ladder if f"'{word.lower()}'" in text}
    return not named or any(words.low(ladder) in named for ladder in ladders if ladder)
