"""What SQL did in a few statements, said as requests: whether the API lets it through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from setterbase.prover import rows
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.rest.client import Answer, Request, as_text, equal, name, path
from setterbase.prover.rest.ground import Ground, shown
from setterbase.prover.verdict import Cells, Deed, Kind, Verdict

if TYPE_CHECKING:
    from psycopg.sql import Composed

_METHODS = {"insert": "POST", "upsert": "POST", "update": "PATCH", "delete": "DELETE"}
_MERGE = "resolution=merge-duplicates"


def run(ground: Ground, identity: Identity) -> None:
    """The deeds of `identity` that were leaks; what they mean SQL has found out."""
    for verdict in list(ground.ctx.verdicts.values()):
        if verdict.identity != identity.name or verdict.verdict is not Kind.LEAK:
            continue
        seen = ground.verdicts.get((verdict.object, f"http {verdict.command}", identity.name))
        if verdict.deeds and (seen is None or seen.verdict is not Kind.LEAK):
            with _undone(ground, verdict.deeds):
                _replay(ground, identity, verdict)


@contextmanager
def _undone(ground: Ground, deeds: tuple[Deed, ...]) -> Iterator[None]:
    """The copy as before, where anything of these deeds has to stay for a while."""
    try:
        yield
    finally:
        if len(deeds) > 1 or _is_blind(deeds[-1]):
            ground.keeper.renew()


def _is_blind(deed: Deed) -> bool:
    """Whether it asks for no row by name, so that only the row itself tells whether it changed."""
    return deed.command in ("update", "delete") and deed.key == {}


def _replay(ground: Ground, identity: Identity, verdict: Verdict) -> None:
    """Every deed but the last is kept, for the last one builds on them."""
    *first, last = verdict.deeds
    lines: list[str] = []
    made: Cells | None = None
    for deed in first:
        relation = _relation(ground, verdict, deed)
        if relation is None:
            return
        if deed.by_owner:
            statement = rows.delete(relation, deed.key or {})
            if not _cleared(ground, statement):
                return
            lines.append(f"# first the owner: {statement.as_string()}")
            continue
        asked = _request(ground, relation, deed, made).keeping()
        answer = ground.ask(identity, asked)
        if not answer.ok:
            return _quiet(ground, identity, verdict, answer)
        lines.append(ground.client.curl(identity, asked))
        if deed.command == "insert":
            made = ground.stored(relation, deed.values)
    relation = _relation(ground, verdict, last)
    if relation is None:
        return
    asked = _request(ground, relation, last, made)
    answer, told = _last(ground, identity, relation, last, asked)
    if told is None:
        return _quiet(ground, identity, verdict, answer)
    thing = verdict.object, verdict.kind
    ground.say(
        thing, verdict.command, identity, Kind.LEAK, verdict.reason, (asked, told), before=lines
    )


def _quiet(ground: Ground, identity: Identity, verdict: Verdict, answer: Answer) -> None:
    thing = verdict.object, verdict.kind
    ground.say(thing, verdict.command, identity, *ground.quiet(verdict, answer))


def _last(
    ground: Ground, identity: Identity, relation: Relation, deed: Deed, asked: Request
) -> tuple[Answer, str | None]:
    """The answer, and what shows that it came through; None when nothing does."""
    if deed.command == "select":
        answer = ground.ask(identity, asked)
        if not answer.ok and ground.ctx.foreign(identity, answer.text):
            return answer, answer.text
        return answer, shown(answer.rows[0]) if answer.rows else None
    if _is_blind(deed) and deed.victim is not None:
        before = ground.stored(relation, deed.victim)
        answer = ground.ask(identity, asked.keeping())
        after = ground.stored(relation, {**deed.victim, **deed.values})
        return answer, shown(after or deed.victim) if answer.ok and before != after else None
    answer = ground.ask(identity, asked)
    if not answer.ok or not (answer.touched or asked.method == "POST"):
        return answer, None
    return answer, str(asked.body or deed.key)


def _relation(ground: Ground, verdict: Verdict, deed: Deed) -> Relation | None:
    """What the deed is done to, where the API serves it or the owner does it."""
    found = ground.ctx.catalog.by_label.get(deed.relation or verdict.object)
    served = found is not None and (deed.by_owner or ground.ctx.exposed(found))
    return found if served else None


def _cleared(ground: Ground, statement: Composed) -> bool:
    """Whether the owner could take the row out of the way."""
    from psycopg import Error

    try:
        ground.keeper.owner.execute(statement)
    except Error:
        return False
    return True


def _request(ground: Ground, relation: Relation, deed: Deed, made: Cells | None) -> Request:
    key = deed.key
    if key is None:
        key = {n: (made or {}).get(n) for n in relation.key}
    if deed.command == "select":
        where = path(relation.name, select=as_text(list(deed.values)), **equal(key))
        return Request("GET", where, {"Accept-Profile": relation.schema})
    prefer = ["return=minimal", "count=exact"]
    if deed.command == "upsert":
        prefer.append(_MERGE)
        where = path(relation.name, on_conflict=",".join(map(name, key)))
    else:
        where = path(relation.name, **({} if deed.command == "insert" else equal(key)))
    headers = {"Content-Profile": relation.schema, "Prefer": ", ".join(prefer)}
    body = ground.body(relation, deed.values) if deed.values else None
    return Request(_METHODS[deed.command], where, headers, body)
