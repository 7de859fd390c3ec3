"""Breaks of views: owner's rights, a filter gone, a materialized view shown, a door for writes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from setterbase.prover.attacks.common import base_tables
from setterbase.prover.breaks.model import Break, ident
from setterbase.prover.context import Context

_V = "broken_by_verify"
_WHERE = re.compile(
    r"\s+WHERE\s+(?!.*\bFROM\b).*?(?=\s+(?:GROUP BY|ORDER BY|LIMIT|HAVING)\b|;?\s*$)", re.S | re.I
)


def breaks(ctx: Context) -> Iterator[Break]:
    home = ctx.catalog.exposed[0] if ctx.catalog.exposed else "public"
    for relation in ctx.catalog.relations.values():
        if relation.of_extension:
            continue
        here = ident(relation.schema, relation.name)
        bases = base_tables(ctx, relation)
        has_axis = any(ctx.axes.has(b) for b in bases)
        if relation.kind == "v" and ctx.exposed(relation) and has_axis:
            yield from _view(ctx, relation.oid)
        if relation.kind == "m" and has_axis:
            yield Break(
                "materialized view shown",
                relation.label,
                (
                    f"create view {ident(home, _V)} as select * from {here}",
                    f"grant select on {ident(home, _V)} to authenticated",
                ),
                widens=True,
            )
    for table in ctx.catalog.tables:
        if ctx.axes.has(table.oid) and ctx.world.b.main(table.oid):
            here, view = ident(table.schema, table.name), ident(home, _V)
            yield Break(
                "view with owner's rights added",
                table.label,
                (
                    f"create view {view} as select * from {here}",
                    f"grant select on {view} to authenticated",
                ),
                widens=True,
            )
            if ctx.exposed(table):
                yield Break(
                    "writable view added",
                    table.label,
                    (
                        f"create view {view} as select * from {here}",
                        f"grant insert, update, delete on {view} to authenticated",
                    ),
                    widens=True,
                )


def _view(ctx: Context, oid: int) -> Iterator[Break]:
    view = ctx.catalog.relations[oid]
    here = ident(view.schema, view.name)
    if any(
        o in ("security_invoker=true", "security_invoker=on", "security_invoker=1")
        for o in view.options
    ):
        yield Break(
            "invoker view made owner's",
            view.label,
            (f"alter view {here} set (security_invoker = false)",),
            {oid},
        )
    elif view.definition and _WHERE.search(view.definition):
        options = f" with ({', '.join(view.options)})" if view.options else ""
        bare = _WHERE.sub("", view.definition, count=1)
        yield Break(
            "view's filter dropped",
            view.label,
            (f"create or replace view {here}{options} as {bare}",),
            {oid},
        )
    if any(o.startswith("security_barrier") for o in view.options):
        yield Break(
            "view's barrier dropped",
            view.label,
            (f"alter view {here} set (security_barrier = false)",),
            {oid},
            equivalent="through the API a caller names no function of their own, and the "
            "operators it has do not tell rows that the filter drops",
        )
