"""Breaks of policies that exist: widened, negated, made permissive."""

from __future__ import annotations

from collections.abc import Iterator

from setterbase.prover.breaks.model import Break, ident, literal
from setterbase.prover.context import Context
from setterbase.prover.model import Policy, Relation

_API = ("anon", "authenticated", "public")


def breaks(ctx: Context) -> Iterator[Break]:
    for table in ctx.catalog.tables:
        if not ctx.exposed(table) or not ctx.axes.has(table.oid) or not table.rls:
            continue
        if not any(table.may(role, "select") for role in ("anon", "authenticated")):
            continue
        for policy in table.policies:
            if not policy.roles or set(policy.roles) & set(_API):
                yield from _of(ctx, table, policy)


def _of(ctx: Context, table: Relation, policy: Policy) -> Iterator[Break]:
    name, where = ident(policy.name), ident(table.schema, table.name)
    label = f"{table.label}.{policy.name}"
    bound = ""
    if policy.command == "update" and policy.check_expr and policy.check_expr != "true":
        bound = "its own with check still binds every row that it lets through"

    def made(kind: str, *statements: str, equivalent: str = "") -> Break:
        return Break(
            kind,
            label,
            statements,
            {table.oid},
            everywhere=_is_people(ctx, table),
            guarded=bound,
            equivalent=equivalent,
        )

    if not policy.permissive:
        yield made("restrictive policy dropped", f"drop policy {name} on {where}")
        yield made(
            "restrictive made permissive",
            f"drop policy {name} on {where}",
            _create(table, policy, permissive=True),
        )
        return
    if policy.using_expr and (policy.using_expr != "true"):
        using = policy.using_expr
        yield made("using (true)", f"alter policy {name} on {where} using (true)")
        yield made(
            "using signed in",
            f"alter policy {name} on {where} using (({using}) or auth.uid() is not null)",
        )
        yield made("using negated", f"alter policy {name} on {where} using (({using}) is not true)")
        yield from _by_axis(ctx, table, policy, made)
    if policy.check_expr and policy.check_expr != "true":
        closed = (
            ""
            if table.may("authenticated", "insert") or table.may("authenticated", "update")
            else "no API role writes"
        )
        yield made(
            "with check (true)",
            f"alter policy {name} on {where} with check (true)",
            equivalent=closed,
        )


def _by_axis(ctx: Context, table: Relation, policy: Policy, made: object) -> Iterator[Break]:
    axis = ctx.axes.of[table.oid]
    columns = axis.columns or table.key
    if not columns or not callable(made):
        return
    column = f"{ident(table.name)}.{ident(columns[0])}"
    where, name = ident(table.schema, table.name), ident(policy.name)
    using = policy.using_expr
    told = literal(columns[0])
    claims = f"auth.jwt() -> 'user_metadata' ->> {told}"
    header = f"current_setting('request.headers', true)::json ->> {told}"
    missing = f"coalesce(auth.jwt() -> 'app_metadata' ->> 'no_such_claim', {column}::text)"
    forms = {
        "column compared with itself": f"{column} = {column}",
        "tenant from user_metadata": f"({using}) or {column}::text = {claims}",
        "tenant from a header": f"({using}) or {column}::text = {header}",
        "fallback when a claim is missing": f"({using}) or {column}::text = {missing}",
    }
    for kind, expression in forms.items():
        yield made(kind, f"alter policy {name} on {where} using ({expression})")


def _create(table: Relation, policy: Policy, *, permissive: bool) -> str:
    using = f" using ({policy.using_expr})" if policy.using_expr else ""
    check = f" with check ({policy.check_expr})" if policy.check_expr else ""
    roles = ", ".join(ident(r) for r in policy.roles) or "public"
    return (
        f"create policy {ident(policy.name)} on {ident(table.schema, table.name)} as "
        f"{'permissive' if permissive else 'restrictive'} for {policy.command} to {roles}"
        f"{using}{check}"
    )


def _is_people(ctx: Context, table: Relation) -> bool:
    return table.oid in ctx.axes.personal
