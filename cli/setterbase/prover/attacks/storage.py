"""Files and channels: `storage.objects` by folder and owner, `realtime.messages` by topic."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from setterbase.prover import rows, values
from setterbase.prover.arena import quote
from setterbase.prover.attacks.common import Speaker, show
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.verdict import Kind
from setterbase.prover.world import Side, Values

if TYPE_CHECKING:
    from psycopg import sql

_WORD = re.compile(r"'([\w:./-]{1,40})%?'")
_MOST = 24


def run(ctx: Context) -> None:
    if ctx.focus is not None:
        return
    for label, attack in (("storage.objects", _files), ("realtime.messages", _channels)):
        relation = ctx.catalog.by_label.get(label)
        if relation is not None and relation.rls:
            with ctx.arena.savepoint():
                attack(ctx, relation)


def _files(ctx: Context, objects: Relation) -> None:
    """Two tenants' files in every bucket that a policy names, in folders named after their ids."""
    buckets = ctx.catalog.by_label.get("storage.buckets")
    names = _WORD.findall("\n".join(p.text for p in objects.policies))
    known = {r[0] for r in ctx.arena.owner("select id from storage.buckets")} if buckets else set()
    public = {r[0] for r in ctx.arena.owner("select id from storage.buckets where public")}
    told = [n for n in dict.fromkeys(names) if n not in ("authenticated", "anon")][:6] or ["files"]
    for name in told:
        if buckets is not None and name not in known:
            ctx.arena.try_owner(rows.insert(buckets, {"id": name, "name": name}))
    made = [
        (side, row)
        for side in ctx.world.sides()
        for bucket in told
        for folder in _ids(ctx, side)
        for name in (f"{folder}/{side.marks.text()}.png", f"{folder}.png")
        if (row := _file(ctx, objects, side, bucket, name)) is not None
    ]
    _attack(ctx, objects, made, [], frozenset(public))


def _file(ctx: Context, objects: Relation, side: Side, bucket: str, name: str) -> Values | None:
    owner = side.people["main"].id
    row: Values = {
        "id": side.marks.uuid(),
        "bucket_id": bucket,
        "owner": owner,
        "owner_id": owner,
        "name": name,
    }
    row = {n: v for n, v in row.items() if n in objects.columns and objects.columns[n].writable}
    return row if ctx.arena.try_owner(rows.insert(objects, row)).ok else None


def _channels(ctx: Context, messages: Relation) -> None:
    """A message of each tenant under every topic that a policy could mean."""
    text = "\n".join(p.text for p in messages.policies)
    heads = [w for w in _WORD.findall(text) if w.endswith((":", "/", "-", "_"))]
    heads += [f"{w}:" for w in _WORD.findall(text) if w.isalpha() and len(w) > 2]
    made: list[tuple[Side, Values]] = []
    for side in ctx.world.sides():
        topics = [f"{h}{i}" for i in _ids(ctx, side) for h in ["", *dict.fromkeys(heads)]]
        for topic in topics[:_MOST]:
            row: Values = {
                "topic": topic,
                "extension": "broadcast",
                "event": "say",
                "private": "true",
                "payload": '{"note": "' + side.marks.text() + '"}',
            }
            row |= {
                n: values.key_value(ctx.catalog, messages.columns[n], side.marks)
                for n in messages.key
                if n == "id"
            }
            row = {n: v for n, v in row.items() if n in messages.columns}
            if ctx.arena.try_owner(rows.insert(messages, row)).ok:
                made.append((side, row))
    _attack(ctx, messages, made, ["topic"], frozenset())


def _ids(ctx: Context, side: Side) -> list[str]:
    """What a folder or a topic is named after: the person and the tenant."""
    found = [side.people["main"].id, *side.keys.values()]
    for root in ctx.axes.roots:
        table = ctx.catalog.relations.get(root) if isinstance(root, int) else None
        row = side.main(table.oid) if table is not None else None
        if table is not None and row is not None and len(table.key) == 1:
            found.append(str(row.values[table.key[0]]))
    return list(dict.fromkeys(found))


def _attack(
    ctx: Context,
    relation: Relation,
    made: list[tuple[Side, Values]],
    topical: list[str],
    public: frozenset[str],
) -> None:
    for identity in ctx.cast:
        theirs = [
            r for s, r in made if s.name != identity.side and (identity.side or s.name == "b")
        ]
        if identity.person in ("off", "gone"):
            continue
        _control(ctx, relation, [r for s, r in made if s.name == identity.side], identity, topical)
        for command in ("select", "insert", "update", "delete"):
            say = Speaker(ctx, identity, relation, command)
            if relation.label in ctx.public:
                say(Kind.PUBLIC, ctx.public[relation.label])
                continue
            if not relation.may(identity.role, command):
                say(Kind.UNREACHABLE, f"{identity.role} has no grant")
                continue
            if not theirs:
                say(Kind.UNPROVEN, "no row of another tenant could be made")
                continue
            with ctx.arena.acting(identity):
                for row in theirs:
                    if command in ("select", "insert") and row.get("bucket_id") in public:
                        continue  # its files are served to whoever has the address
                    asked = _statement(ctx, relation, command, row, identity, topical)
                    with ctx.arena.savepoint():
                        if topical:
                            ctx.arena.owner(
                                f"set local realtime.topic = {quote(row['topic'] or '')}"
                            )
                        outcome = ctx.arena.attempt(asked)
                    if outcome.ok and outcome.count:
                        ctx.seen_own.add(relation.oid)
                        topic = [_topic(row)] if topical else []
                        say.leak(
                            _what(command, row),
                            [*topic, asked.as_string()],
                            [relation.oid],
                            show(dict(row)),
                            prepare=_setup(relation, command, row),
                        )
                        break
            if command == "select" and all(r.get("bucket_id") in public for r in theirs):
                say(Kind.PUBLIC, "its buckets are public")
            say(Kind.ISOLATED, f"{len(theirs)} rows of others were tried")


def _control(
    ctx: Context, relation: Relation, own: list[Values], identity: Identity, topical: list[str]
) -> None:
    """Remembers that someone saw a row of their own."""
    if relation.oid in ctx.seen_own or not relation.may(identity.role, "select"):
        return
    with ctx.arena.acting(identity):
        for row in own:
            if topical:
                ctx.arena.owner(f"set local realtime.topic = {quote(row['topic'] or '')}")
            asked = _statement(ctx, relation, "select", row, identity, topical)
            found = ctx.arena.attempt(asked)
            if found.ok and found.count:
                ctx.seen_own.add(relation.oid)
                return


def _topic(row: Values) -> str:
    return f"set local realtime.topic = {quote(row['topic'] or '')}"


def _setup(relation: Relation, command: str, row: Values) -> list[str]:
    """What the owner does first when the leak is shown again: the bucket, and the victim's row."""
    found: list[str] = []
    if bucket := row.get("bucket_id"):
        told = quote(bucket)
        found.append(
            f"insert into storage.buckets (id, name) values ({told}, {told}) on conflict do nothing"  # noqa: S608
        )
    if command != "insert":
        found.append(rows.insert(relation, row, returning=False).as_string())
    return found


def _what(command: str, row: Values) -> str:
    where = f"bucket {row['bucket_id']}" if "bucket_id" in row else f"topic {row.get('topic')}"
    done = {"select": "reads", "insert": "writes among", "update": "changes", "delete": "deletes"}
    return f"{done[command]} the other tenant's rows of {where}"


def _statement(
    ctx: Context,
    relation: Relation,
    command: str,
    row: Values,
    identity: Identity,
    topical: list[str],
) -> sql.Composed:
    from psycopg import sql

    name = rows.name(relation)
    key = topical or ["bucket_id", "name"]
    where = rows.where(relation, {n: row[n] for n in key})
    if command == "select":
        return sql.SQL("select {} from {} where {}").format(
            rows.texts([n for n in key if n in relation.columns]), name, where
        )
    if command == "delete":
        return sql.SQL("delete from {} where {}").format(name, where)
    if command == "update":
        column = "metadata" if "metadata" in relation.columns else key[0]
        value = sql.Literal("{}") if column == "metadata" else sql.Identifier(column)
        return sql.SQL("update {} set {} = {} where {}").format(
            name, sql.Identifier(column), value, where
        )
    fresh = dict(row)
    if "id" in fresh:
        fresh["id"] = ctx.world.common.marks.uuid()
    if "name" in fresh:
        folder, _, file = (row["name"] or "").rpartition("/")
        made = ctx.world.common.marks.text()
        fresh["name"] = f"{folder}/{made}.png" if folder else file.replace(".png", ".jpg")
    own = (identity.claims or {}).get("sub")
    for column in ("owner", "owner_id"):
        if column in fresh:
            fresh[column] = own if isinstance(own, str) and len(own) == 36 else None
    return rows.insert(relation, fresh, overriding=False, returning=False)
