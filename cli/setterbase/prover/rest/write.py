"""Writing over HTTP: rows into another's tenant, changes and deletions of another's rows.

Every request is tried and rolled back first. Only what PostgREST accepts is done again and kept,
so that the database itself tells what became of whose row; then the copy is put back.
"""

from __future__ import annotations

from collections.abc import Callable

from setterbase.prover.attacks import forge, insert, judge, moves, promote, update
from setterbase.prover.attacks.common import kind_of, show, writable_home
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.rest.client import Answer, Request, equal, path
from setterbase.prover.rest.ground import Ground
from setterbase.prover.rest.read import exposed
from setterbase.prover.verdict import Kind
from setterbase.prover.world import Row, Values

_PREFER = "return=minimal, count=exact"
Check = Callable[[], str | None]
"""After a kept request: the row that tells of the leak; None when nothing of others was touched."""


def run(ground: Ground, identity: Identity) -> None:
    for relation in exposed(ground):
        if relation.is_table or relation.kind == "v":
            for command, attack in (("insert", _insert), ("update", _update), ("delete", _delete)):
                home = writable_home(ground.ctx, relation, command)
                if home is not None:
                    attack(ground, identity, relation, home)


def _headers(relation: Relation) -> dict[str, str]:
    return {"Content-Profile": relation.schema, "Prefer": _PREFER}


def _try(
    ground: Ground,
    identity: Identity,
    relation: Relation,
    command: str,
    request: Request,
    check: Check,
) -> bool:
    """One request; says what came of it. Whether it was a leak."""
    thing = relation.label, kind_of(relation)
    answer = ground.ask(identity, request)
    sql = ground.before(relation.label, command, identity)
    if not _accepted(request, answer):
        ground.say(thing, command, identity, *ground.quiet(sql, answer))
        return False
    row = _kept(ground, identity, request, check)
    if row is None:
        ground.say(
            thing, command, identity, Kind.ISOLATED, "accepted, and no row of others changed"
        )
        return False
    if reason := ground.by_design(relation.label, command, identity):
        ground.say(thing, command, identity, Kind.PUBLIC, reason)
        return False
    how = {"POST": "makes", "PATCH": "changes", "DELETE": "deletes"}[request.method]
    reason = f"{request.method} {how} a row of another tenant"
    ground.say(thing, command, identity, Kind.LEAK, reason, (request, row))
    return True


def _accepted(request: Request, answer: Answer) -> bool:
    return answer.ok and (request.method == "POST" or answer.touched > 0)


def _kept(ground: Ground, identity: Identity, request: Request, check: Check) -> str | None:
    """What the check finds once the request is committed; the copy is as before afterwards."""
    answer = ground.ask(identity, request.keeping())
    if not _accepted(request, answer):
        return None
    try:
        return check()
    finally:
        ground.keeper.renew()


def _insert(ground: Ground, identity: Identity, relation: Relation, home: Relation) -> None:
    ctx = ground.ctx
    thing = relation.label, kind_of(relation)
    theirs = ctx.world.a if identity.side == "b" else ctx.world.b
    mine = None if identity.side is None else ctx.world.other(theirs)
    victim = theirs.main(home.oid)
    sql = ground.before(relation.label, "insert", identity)
    if identity.side is not None:
        _second_role(ground, identity, relation, home)
    if victim is None or not ctx.axes.has(home.oid):
        return ground.echo(thing, "insert", identity)
    # A row without tenant, or of one's own that names another: whether that is by design (a share,
    # an invitation, a letter box), SQL has found out.
    leaks = sql is not None and sql.verdict is Kind.LEAK
    for attempt in insert.attempts(ctx, home, victim, mine, theirs, identity):
        said = forge.allowed(relation, identity.role, "insert", attempt.row)
        body = ground.body(home, said or attempt.row)
        request = Request("POST", path(relation.name), _headers(relation), body)
        if attempt.command == "attach":
            _attach(ground, identity, relation, request)
            continue
        axis = ctx.axes.of[home.oid].columns

        counts = leaks or not attempt.refs

        def lands(
            said: Values = said, axis: tuple[str, ...] = axis, counts: bool = counts
        ) -> str | None:
            row = ground.stored(home, said)
            if row is None or not axis:
                return None
            theirs = counts and all(row[n] == victim.values.get(n) for n in axis)
            nobodys = leaks and not any(row[n] for n in axis)
            return show(dict(row)) if theirs or nobodys else None

        if _try(ground, identity, relation, "insert", request, lands):
            return


def _attach(ground: Ground, identity: Identity, relation: Relation, request: Request) -> None:
    """A row of one's own under another's parent: what follows from it `replay` asks for."""
    sql = ground.before(relation.label, "attach", identity)
    thing = relation.label, kind_of(relation)
    answer = ground.ask(identity, request)
    if not _accepted(request, answer):
        return ground.say(thing, "attach", identity, *ground.quiet(sql, answer))
    if sql is None:
        return ground.say(thing, "attach", identity, Kind.ISOLATED, "nothing follows from it")
    return ground.echo(thing, "attach", identity)


def _update(ground: Ground, identity: Identity, relation: Relation, home: Relation) -> None:
    ctx = ground.ctx
    thing = relation.label, kind_of(relation)
    there = [n for n, c in home.columns.items() if c.writable and n in relation.columns]
    granted = set(relation.columns_for(identity.role, "update"))
    # Without a grant it is tried all the same: what PostgREST says then is what counts.
    may = [n for n in there if n in granted] or there
    victims = ctx.victims(identity, home.oid)
    sql = ground.before(relation.label, "update", identity)
    if not victims or not ctx.axes.has(home.oid):
        return ground.echo(thing, "update", identity)
    leaks = sql is not None and sql.verdict is Kind.LEAK
    for column, value in update.harmless(ctx, home, may, victims[0]):
        for filters in (equal(victims[0].key(home)), {}):
            body = ground.body(home, {column: value})
            where = path(relation.name, **filters)
            request = Request("PATCH", where, _headers(relation), body)
            # Where no other value is allowed, SQL has seen that the row was written anew.
            same = leaks and filters and value == victims[0].values.get(column)
            check = _damage(ground, identity, f"{column} = {value}, as it was" if same else None)
            if _try(ground, identity, relation, "update", request, check):
                return
    if identity.side is not None:
        _move(ground, identity, relation, home, may)
        _repoint(ground, identity, relation, home, may)
        _promote(ground, identity, relation, home)


def _damage(ground: Ground, identity: Identity, otherwise: str | None = None) -> Check:
    def check() -> str | None:
        found = ground.damage(identity)
        return otherwise if found is None else f"{found[0].label}: {found[1]}"

    return check


def _move(
    ground: Ground, identity: Identity, relation: Relation, home: Relation, may: list[str]
) -> None:
    """One's own row handed to the other tenant, and theirs taken over."""
    ctx = ground.ctx
    axis = ctx.axes.of[home.oid]
    sql = ground.before(relation.label, "move", identity)
    if axis.ref is None or not set(axis.columns) <= set(may) or axis.kind == "profile":
        return
    mine = ctx.world.a if identity.side == "a" else ctx.world.b
    own, victim = judge.own_row(mine, home, identity), ctx.world.other(mine).main(home.oid)
    if own is None or victim is None:
        return
    for row, to in ((own, victim), (victim, own)):
        wanted = {n: to.values.get(n) for n in axis.columns}

        def moved(row: Row = row, wanted: Values = wanted) -> str | None:
            now = ground.stored(home, {**row.values, **wanted})
            if now is None or any(now[n] != v for n, v in wanted.items()):
                return None
            return show(dict(now)) if sql is not None and sql.verdict is Kind.LEAK else None

        for request in _patches(ground, relation, home, row, wanted):
            if _try(ground, identity, relation, "move", request, moved):
                return


def _repoint(
    ground: Ground, identity: Identity, relation: Relation, home: Relation, may: list[str]
) -> None:
    """One's own row made to point at another's: what follows from it `replay` asks for."""
    ctx = ground.ctx
    mine = ctx.world.a if identity.side == "a" else ctx.world.b
    own = judge.own_row(mine, home, identity)
    sql = ground.before(relation.label, "attach", identity)
    thing = relation.label, kind_of(relation)
    if own is None or sql is None:
        return None
    for _, wanted in moves.switches(ctx, mine, home, may):
        for request in _patches(ground, relation, home, own, wanted):
            answer = ground.ask(identity, request)
            if _accepted(request, answer):
                return ground.echo(thing, "attach", identity)
            ground.say(thing, "attach", identity, *ground.quiet(sql, answer))
    return None


def _promote(ground: Ground, identity: Identity, relation: Relation, home: Relation) -> None:
    """One's own role raised."""
    ctx = ground.ctx
    if home.oid not in ctx.axes.personal or identity.privileged or identity.person is None:
        return
    side = ctx.world.a if identity.side == "a" else ctx.world.b
    own = side.of(home.oid, identity.person)
    if own is None or _is_no_promotion(ground, identity, relation):
        return
    for column, value in promote._higher(ctx, home, own, identity):
        if column not in relation.columns_for(identity.role, "update"):
            continue
        request = _patch(ground, relation, home, own, {column: value})
        before = own.values.get(column)

        def raised(own: Row = own, column: str = column, before: str | None = before) -> str | None:
            now = ground.stored(home, own.values)
            changed = now is not None and now[column] != before
            return f"{column}: {before} → {now[column]}" if now and changed else None

        if _try(ground, identity, relation, "promote", request, raised):
            return


def _is_no_promotion(ground: Ground, identity: Identity, relation: Relation) -> bool:
    """Whether SQL has found that a higher value harms nobody, or that the caller appoints."""
    sql = ground.before(relation.label, "promote", identity)
    if sql is not None and sql.verdict is Kind.LEAK:
        return False
    if sql is not None:
        thing = relation.label, kind_of(relation)
        ground.say(thing, "promote", identity, sql.verdict, sql.reason)
    return True


def _second_role(ground: Ground, identity: Identity, relation: Relation, home: Relation) -> None:
    """A higher role beside one's own, in a table of roles."""
    ctx = ground.ctx
    if home.oid not in ctx.axes.roles or identity.privileged or identity.person is None:
        return
    side = ctx.world.a if identity.side == "a" else ctx.world.b
    own = side.of(home.oid, identity.person)
    if own is None or _is_no_promotion(ground, identity, relation):
        return
    for column, value in promote._higher(ctx, home, own, identity):
        copy = {**forge.copy_of(ctx, home, own, side), column: value}
        said = forge.allowed(relation, identity.role, "insert", copy)
        if column not in said:
            continue
        body = ground.body(home, said)
        request = Request("POST", path(relation.name), _headers(relation), body)

        def granted(said: Values = said) -> str | None:
            row = ground.stored(home, said)
            return None if row is None else show(dict(row))

        if _try(ground, identity, relation, "promote", request, granted):
            return


def _patch(ground: Ground, relation: Relation, home: Relation, row: Row, wanted: Values) -> Request:
    where = path(relation.name, **equal(row.key(home)))
    return Request("PATCH", where, _headers(relation), ground.body(home, wanted))


def _patches(
    ground: Ground, relation: Relation, home: Relation, row: Row, wanted: Values
) -> list[Request]:
    """The change of one row, and of all that one may change: that asks for no right to read."""
    every = Request("PATCH", path(relation.name), _headers(relation), ground.body(home, wanted))
    return [_patch(ground, relation, home, row, wanted), every]


def _delete(ground: Ground, identity: Identity, relation: Relation, home: Relation) -> None:
    ctx = ground.ctx
    thing = relation.label, kind_of(relation)
    victims = ctx.victims(identity, home.oid) or ctx.world.common.all(home.oid)
    if not victims:
        return ground.echo(thing, "delete", identity)
    for filters in (equal(victims[0].key(home)), {}):
        request = Request("DELETE", path(relation.name, **filters), _headers(relation))
        if _try(ground, identity, relation, "delete", request, _damage(ground, identity)):
            return
