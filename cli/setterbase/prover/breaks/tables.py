"""Breaks of tables: row security off, policies added, keys that forget the tenant."""

from __future__ import annotations

from collections.abc import Iterator

from setterbase.prover import words
from setterbase.prover.breaks.model import Break, ident
from setterbase.prover.context import Context
from setterbase.prover.model import Relation

_P = "broken_by_verify"
_NEW = "a new tenant of one's own opens no other's rows"


def breaks(ctx: Context) -> Iterator[Break]:
    for table in ctx.catalog.relations.values():
        if not table.is_table or not ctx.exposed(table):
            continue
        if table.is_partition:
            yield from _partition(ctx, table)
        elif ctx.axes.has(table.oid) and ctx.world.b.main(table.oid):
            yield from _open(ctx, table)
            yield from _keys(ctx, table)
            yield from _people(ctx, table)


def _open(ctx: Context, table: Relation) -> Iterator[Break]:
    where, label = ident(table.schema, table.name), table.label
    focus = {table.oid}
    people = table.oid in ctx.axes.personal

    def made(kind: str, *statements: str, equivalent: str = "") -> Break:
        return Break(kind, label, statements, focus, everywhere=people, equivalent=equivalent)

    read = f"grant select on {where} to authenticated"
    if table.rls:
        yield made("row security off", f"alter table {where} disable row level security", read)
    yield made(
        "select policy added",
        read,
        f"create policy {_P} on {where} for select to authenticated using (true)",
    )
    yield made(
        "anon may read",
        f"grant usage on schema {ident(table.schema)} to anon",
        f"grant select on {where} to anon",
        f"create policy {_P} on {where} for select to anon using (true)",
        equivalent="" if ctx.exposed(table) else f"the API does not serve {table.schema}",
    )
    yield made(
        "insert policy added",
        f"grant insert on {where} to authenticated",
        f"create policy {_P} on {where} for insert to authenticated with check (true)",
        equivalent="" if ctx.axes.of[table.oid].kind != "tenant" else _NEW,
    )
    yield made(
        "update policy added",
        read,
        f"grant update on {where} to authenticated",
        f"create policy {_P} on {where} for update to authenticated using (true)",
    )
    yield made(
        "delete policy added",
        read,
        f"grant delete on {where} to authenticated",
        f"create policy {_P} on {where} for delete to authenticated using (true)",
    )
    own = next(
        (
            p.using_expr
            for p in table.policies
            if p.permissive and p.using_expr and p.command in ("select", "all")
        ),
        None,
    )
    axis = ctx.axes.of[table.oid]
    if own and axis.ref is not None and axis.kind not in ("profile", "membership"):
        grants = (read, f"grant update on {where} to authenticated")
        yield made(
            "rows may be handed over",
            *grants,
            f"create policy {_P} on {where} for update to authenticated using ({own}) "
            "with check (true)",
        )
        yield made(
            "rows may be taken over",
            *grants,
            f"create policy {_P} on {where} for update to authenticated using (true) "
            f"with check ({own})",
        )
    nullable = [n for n in axis.columns if not table.columns[n].not_null]
    if own and nullable:
        yield made(
            "rows without tenant for all",
            read,
            f"grant insert on {where} to authenticated",
            f"create policy {_P} on {where} for all to authenticated "
            f"using ({ident(nullable[0])} is null)",
        )


def _keys(ctx: Context, table: Relation) -> Iterator[Break]:
    axis = set(ctx.axes.of[table.oid].columns)
    where = ident(table.schema, table.name)
    own = next(
        (
            p.using_expr
            for p in table.policies
            if p.permissive and p.using_expr and p.command in ("select", "all")
        ),
        None,
    )
    for unique in table.uniques:
        rest = [n for n in unique.columns if n not in axis]
        natural = rest and all(
            ctx.catalog.base_type(table.columns[n].type_oid).category == "S" for n in rest
        )
        taken = {n for r in ctx.refs[table.oid] for n in r.columns}
        if own and natural and axis & set(unique.columns) and not taken & set(rest):
            yield Break(
                "unique over all tenants",
                table.label,
                (
                    f"create unique index on {where} ({', '.join(map(ident, rest))})",
                    f"grant insert on {where} to authenticated",
                    f"create policy {_P} on {where} for insert to authenticated with check ({own})",
                ),
                {table.oid},
            )
    for ref in ctx.refs[table.oid]:
        loose = (
            [(c, t) for c, t in zip(ref.columns, ref.target_columns, strict=True) if c not in axis]
            if isinstance(ref.target, int)
            else []
        )
        if own and ref.declared and len(ref.columns) > 1 and len(loose) == 1:
            target = ctx.catalog.relations[int(ref.target)]
            key = next(k for k in table.foreign_keys if f"foreign key {k.name}" == ref.why)
            aim = ident(target.schema, target.name)
            column, there = ident(loose[0][0]), ident(loose[0][1])
            yield Break(
                "key that forgets the tenant",
                f"{table.label}.{key.name}",
                (
                    f"alter table {where} drop constraint {ident(key.name)}",
                    f"create unique index {_P} on {aim} ({there})",
                    f"alter table {where} add foreign key ({column}) references {aim} ({there}) "
                    "not valid",
                    f"grant insert, select on {where} to authenticated",
                    f"create policy {_P} on {where} for insert to authenticated with check ({own})",
                ),
                {table.oid},
            )


def _people(ctx: Context, table: Relation) -> Iterator[Break]:
    where = ident(table.schema, table.name)
    if table.oid in ctx.axes.memberships:
        person, _ = ctx.axes.memberships[table.oid]
    elif table.oid in ctx.axes.profiles:
        person = ctx.axes.profiles[table.oid]
    else:
        return
    if person.target != "user":
        return
    mine = f"{ident(person.columns[0])} = auth.uid()"
    if table.oid in ctx.axes.memberships and table.oid not in ctx.axes.profiles:
        yield Break(
            "joining by insert",
            table.label,
            (
                f"grant insert on {where} to authenticated",
                f"create policy {_P} on {where} for insert to authenticated with check ({mine})",
            ),
            {table.oid},
            everywhere=True,
        )
    if any(words.is_role(ctx.catalog, table, c, ctx.evidence) for c in table.columns.values()):
        yield Break(
            "self-promotion",
            table.label,
            (
                f"grant select, update on {where} to authenticated",
                f"create policy {_P}_r on {where} for select to authenticated using ({mine})",
                f"create policy {_P} on {where} for update to authenticated using ({mine})",
            ),
            {table.oid},
            everywhere=True,
        )


def _partition(ctx: Context, table: Relation) -> Iterator[Break]:
    where = ident(table.schema, table.name)
    root = table
    while root.is_partition and root.parent:
        root = ctx.catalog.relations[root.parent]
    if ctx.axes.has(root.oid):
        yield Break(
            "partition open",
            table.label,
            (
                f"alter table {where} disable row level security",
                f"grant select on {where} to authenticated",
            ),
            {table.oid},
            equivalent="" if _holds_row(ctx, table, root) else "it holds no row of ours",
        )


def _holds_row(ctx: Context, table: Relation, root: Relation) -> bool:
    from setterbase.prover import rows

    kept = ctx.world.b.all(root.oid)
    found = ctx.arena.try_owner(rows.select(table, root.key[:1], rows.any_of(root, kept)))
    return found.ok and bool(found.rows)
