"""What SQL did in one statement on one row, said as a request: whether the API lets it through."""

from __future__ import annotations

from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.rest.client import Request, as_text, equal, path
from setterbase.prover.rest.ground import Ground, shown
from setterbase.prover.verdict import Deed, Kind

_METHODS = {"insert": "POST", "update": "PATCH", "delete": "DELETE"}


def run(ground: Ground, identity: Identity) -> None:
    """The deeds of `identity` that were leaks; what they mean SQL has found out."""
    for verdict in list(ground.ctx.verdicts.values()):
        relation = ground.ctx.catalog.by_label.get(verdict.object)
        if verdict.identity != identity.name or verdict.verdict is not Kind.LEAK:
            continue
        if verdict.deed is None or relation is None or not ground.ctx.exposed(relation):
            continue
        asked = _request(ground, relation, verdict.deed)
        answer = ground.ask(identity, asked)
        thing = verdict.object, verdict.kind
        if not answer.ok or not (answer.rows or answer.touched or asked.method == "POST"):
            ground.say(thing, verdict.command, identity, *ground.quiet(verdict, answer))
            continue
        told = shown(answer.rows[0]) if answer.rows else str(asked.body or verdict.deed.key)
        ground.say(thing, verdict.command, identity, Kind.LEAK, verdict.reason, (asked, told))


def _request(ground: Ground, relation: Relation, deed: Deed) -> Request:
    filters = equal(deed.key)
    if deed.command == "select":
        where = path(relation.name, select=as_text(list(deed.values)), **filters)
        return Request("GET", where, {"Accept-Profile": relation.schema})
    headers = {"Content-Profile": relation.schema, "Prefer": "return=minimal, count=exact"}
    where = path(relation.name) if deed.command == "insert" else path(relation.name, **filters)
    body = ground.body(relation, deed.values) if deed.values else None
    return Request(_METHODS[deed.command], where, headers, body)
