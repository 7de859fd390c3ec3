"""Functions over HTTP: what they answer, what their errors tell, what they change."""

from __future__ import annotations

import json
import re
from typing import Any

from setterbase.prover.attacks import arguments
from setterbase.prover.attacks.functions import callable_ones
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Argument, Function
from setterbase.prover.rest.client import JSON, Request, path
from setterbase.prover.rest.ground import Ground
from setterbase.prover.verdict import Kind

_MEDIA = {
    "json": JSON,
    "jsonb": JSON,
    "text": "text/plain",
    "xml": "text/xml",
    "bytea": "application/octet-stream",
}
_KEPT = 6  # calls of one function that are committed to see what they do


def run(ground: Ground, identity: Identity) -> None:
    for function in callable_ones(ground.ctx):
        _function(ground, identity, function)


def _function(ground: Ground, identity: Identity, function: Function) -> None:
    ctx = ground.ctx
    thing = function.label, "function"
    sql = ground.before(function.label, "execute", identity)
    media = _whole_body(ctx, function)
    if any(not a.name for a in function.arguments) and media is None:
        why = "PostgREST calls functions by the names of their arguments"
        return ground.say(thing, "execute", identity, Kind.UNREACHABLE, why)
    theirs = ctx.world.a if identity.side == "b" else ctx.world.b
    mine = None if identity.side is None else ctx.world.other(theirs)
    last = None
    sent = None
    kept = 0
    for call in arguments.calls(ctx, function, theirs, mine):
        asked = Request(
            "POST",
            path(f"rpc/{function.name}"),
            {"Content-Profile": function.schema},
            _body(ctx, call) if media is None else _told(ctx, *call[0]),
            media or JSON,
        )
        before = ground.keeper.memory.clock()
        answer = ground.ask(identity, asked)
        wrote = ground.keeper.memory.clock() != before
        if last is None or answer.ok:
            last, sent = answer, asked
        said = [identity.raw_claims, *identity.headers.values(), *(v or "" for _, v in call)]
        passed = _marks(ctx, " ".join(said))
        if ctx.foreign(identity, answer.text) - passed:
            if sql is not None and sql.verdict is Kind.PUBLIC:
                return ground.say(thing, "execute", identity, Kind.PUBLIC, sql.reason)
            how = "its answer" if answer.ok else "its error"
            reason = f"{how} tells data of another tenant"
            return ground.say(
                thing, "execute", identity, Kind.LEAK, reason, (asked, _near(ctx, answer.text))
            )
        if answer.ok and wrote and kept < _KEPT:
            kept += 1
            if done := _done(ground, identity, asked):
                return ground.say(
                    thing, "execute", identity, Kind.LEAK, f"changes {done}", (asked, done)
                )
    if last is None or sent is None:
        return None
    if last.ok and sql is not None and sql.verdict is Kind.LEAK:
        # A figure tells nothing by itself: that others are in it SQL found by changing them.
        told = (sent, last.text)
        return ground.say(thing, "execute", identity, Kind.LEAK, sql.reason, told)
    return ground.say(thing, "execute", identity, *ground.quiet(sql, last))


def _whole_body(ctx: Context, function: Function) -> str | None:
    """The media type of a body that is the one argument itself, which then needs no name."""
    if len(function.arguments) != 1 or function.arguments[0].name:
        return None
    return _MEDIA.get(ctx.catalog.types[function.arguments[0].type_oid].name)


def _body(ctx: Context, call: arguments.Call) -> dict[str, Any]:
    return {argument.name: _told(ctx, argument, value) for argument, value in call}


def _told(ctx: Context, argument: Argument, value: str | None) -> Any:
    kind = ctx.catalog.base_type(argument.type_oid).name
    return json.loads(value) if value and kind in ("json", "jsonb") else value


def _done(ground: Ground, identity: Identity, asked: Request) -> str | None:
    """What the call did to the rows of others, committed and put back."""
    if not ground.ask(identity, asked.keeping()).ok:
        return None
    found = ground.damage(identity)
    ground.keeper.renew()
    return None if found is None else f"{found[0].label} of another tenant ({found[1]})"


def _marks(ctx: Context, text: str) -> set[str]:
    return {m for side in ctx.world.sides() for m in side.marks.found_in(text)}


def _near(ctx: Context, text: str) -> str:
    """The part of an answer in which a mark stands."""
    pattern = "|".join(side.marks.pattern for side in ctx.world.sides())
    found = re.search(pattern, text)
    start = max(found.start() - 120, 0) if found else 0
    return text[start : start + 300]
