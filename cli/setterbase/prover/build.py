"""Builds the world in the open transaction: people, rows, what triggers made of them."""

from __future__ import annotations

from setterbase.prover import person as people
from setterbase.prover import rows, shared
from setterbase.prover.arena import Arena
from setterbase.prover.axes import Axes
from setterbase.prover.fill import Filler
from setterbase.prover.model import Catalog, Relation
from setterbase.prover.world import Row, Side, World

_REFRESH_LIMIT = 500_000
Key = tuple[str | None, ...]


def common(filler: Filler) -> None:
    """Rows that belong to nobody, before the tenants come."""
    for table in filler.catalog.tables:
        if not filler.axes.has(table.oid):
            filler.ensure(filler.world.common, table)
    shared.seed(filler)


def side(filler: Filler, which: Side, *, outsider: bool = False) -> None:
    """All rows of a tenant: its main person everywhere, the others where people are told apart.

    An `outsider` has an account and nothing else: whom one organisation's rules must keep out.
    """
    catalog, axes = filler.catalog, filler.axes
    filler.person(which, "main")
    for table in _ordered(catalog, axes):
        filler.ensure(which, table, "main")
    filler.close_cycles()
    joined = [catalog.relations[oid] for oid in axes.memberships]
    persons = [catalog.relations[oid] for oid in (*axes.profiles, *axes.roles)]
    only_profiles = all(oid in axes.profiles for oid in axes.memberships)
    cast: list[tuple[str, list[Relation]]] = []
    if joined:
        cast.append(("second", joined + persons))
        # Who is off in one table and in good standing in another is no disabled member.
        switched = [
            t
            for t in joined
            if people.can_be_off(catalog, t, filler.evidence, if_asked=t.oid in axes.profiles)
        ]
        if switched:
            alone = [t for t in persons if t.oid not in axes.memberships]
            cast.append(("off", switched + _beneath(filler, switched, joined) + alone))
        cast += [
            (f"{people.RANKED}{rank}", joined + persons)
            for rank in people.ranks(catalog, joined, filler.evidence)
        ]
        if not only_profiles:
            cast.append(("gone", [t for t in persons if t.oid not in axes.memberships]))
    if axes.offices or any(
        people.has_chief(catalog, t, filler.evidence)
        for t in persons
        if t.oid not in axes.memberships
    ):
        cast.append(("chief", persons))
    if outsider and not any(name == "gone" for name, _ in cast):
        cast.append(("gone", []))
    for name, tables in cast if which.name == "a" else cast[:1]:
        filler.person(which, name)
        for table in tables:
            filler.ensure(which, table, name)
    if which.people:
        filler.mender.claims(which, "main")


def _beneath(filler: Filler, switched: list[Relation], joined: list[Relation]) -> list[Relation]:
    """Memberships without a switch in parts of what the switched ones are of: a company's teams."""
    above = {
        filler.axes.memberships[t.oid][1].target
        for t in switched
        if people.can_be_off(filler.catalog, t, filler.evidence, if_asked=True)
    }
    found: list[Relation] = []
    for table in joined:
        target = filler.axes.memberships[table.oid][1].target
        parents = filler.refs[target] if isinstance(target, int) else []
        has_switch = people.can_be_off(filler.catalog, table, filler.evidence, if_asked=False)
        if (
            table not in switched
            and not has_switch
            and (target in above or any(r.target in above for r in parents))
        ):
            found.append(table)
    return found


def _ordered(catalog: Catalog, axes: Axes) -> list[Relation]:
    """Profiles, tenants and memberships first: triggers elsewhere ask for them."""
    rank = {"profile": 0, "tenant": 1, "membership": 2}
    rank |= {"user": 3}
    own = [t for t in catalog.tables if axes.has(t.oid)]
    return sorted(own, key=lambda t: (rank.get(axes.of[t.oid].kind, 4), t.label))


def orphans(filler: Filler) -> None:
    """Rows whose tenant is null, where the column allows it: they belong to nobody."""
    from setterbase.prover.marks import Marks

    world = filler.world
    for table in filler.catalog.tables:
        axis = filler.axes.of.get(table.oid)
        if axis is None or axis.ref is None or axis.kind not in ("column", "claim", "user"):
            continue
        if table.oid in filler.axes.personal or not filler.axes.of[table.oid].columns:
            continue
        if axis.ref.required or any(table.columns[n].not_null for n in axis.columns):
            continue
        template = world.b.main(table.oid)
        if template is None:
            continue
        nulls = dict.fromkeys(
            n for r in filler.refs[table.oid] if not r.required for n in r.columns
        )
        nulls = {n: None for n in nulls if not table.columns[n].not_null}
        side = Side("d", Marks("d"), people=world.b.people, keys=world.b.keys, rows=world.b.rows)
        made = filler.make(side, table, extra={**nulls}, variant=("tenant", "null"))
        if made is not None and all(made.values.get(n) is None for n in axis.columns):
            world.orphans[table.oid] = made


def reload(arena: Arena, catalog: Catalog, world: World) -> None:
    """Reads every row again: later triggers may have changed it; one that is gone is forgotten."""
    for which in world.sides():
        for oid, kept in list(which.rows.items()):
            table = catalog.relations[oid]
            still = []
            for row in kept:
                found = arena.try_owner(
                    rows.select(table, table.columns, rows.where(table, row.key(table)))
                )
                if found.ok and len(found.rows) >= 1:
                    row.values = dict(zip(table.columns, found.rows[0], strict=True))
                    still.append(row)
            which.rows[oid] = still
            for row in still:
                for column, value in row.values.items():
                    known = which.marks.found_in(value or "")
                    if (
                        value
                        and not known
                        and catalog.base_type(table.columns[column].type_oid).name == "uuid"
                        and column in table.key
                    ):
                        which.marks.extra.add(value)


def baseline(arena: Arena, catalog: Catalog, axes: Axes, world: World) -> dict[int, set[Key]]:
    """The keys of every row that a tenant of ours has now, those that triggers made included."""
    found: dict[int, set[Key]] = {}
    for table in catalog.tables:
        axis = axes.of[table.oid]
        for which in world.sides():
            main = which.main(table.oid)
            if main is None or not table.key or not axis.columns:
                continue
            owner = {n: main.values.get(n) for n in axis.columns}
            back = arena.try_owner(rows.select(table, table.key, rows.where(table, owner)))
            found.setdefault(table.oid, set()).update(back.rows)
    return found


def existing(arena: Arena, catalog: Catalog, axes: Axes, world: World) -> None:
    """Where no row could be made, rows that were there before belong to people who are not ours."""
    from psycopg import sql

    for table in catalog.tables:
        if not axes.has(table.oid) or world.b.all(table.oid):
            continue
        found = arena.try_owner(rows.select(table, table.columns, sql.SQL("true limit 3")))
        for back in found.rows:
            told = dict(zip(table.columns, back, strict=True))
            row = Row(table.oid, told, "b", "existing", ("row", "existing"))
            world.b.rows.setdefault(table.oid, []).append(row)


def remove(arena: Arena, catalog: Catalog, which: Side) -> None:
    """Takes a side's rows away again, as far as the database lets them go."""
    from psycopg import sql

    left = dict(which.rows)
    for _ in range(4):
        for oid, kept in list(left.items()):
            table = catalog.relations[oid]
            gone = arena.try_owner(
                sql.SQL("delete from {} where {}").format(
                    rows.name(table), rows.any_of(table, kept)
                )
            )
            if gone.ok:
                del left[oid]


def refresh(arena: Arena, catalog: Catalog) -> dict[int, str]:
    """Refreshes the materialized views so that they hold the new rows; why not, where not."""
    from psycopg import sql

    refused: dict[int, str] = {}
    views = [r for r in catalog.relations.values() if r.kind == "m" and not r.of_extension]
    for _ in range(2 if len(views) > 1 else 1):
        for view in views:
            if view.estimate > _REFRESH_LIMIT:
                refused[view.oid] = f"too large to refresh here ({view.estimate} rows)"
            elif not view.is_ours:
                refused[view.oid] = f"it belongs to {view.owner}, so it was not refreshed"
            else:
                done = arena.try_owner(
                    sql.SQL("refresh materialized view {}").format(rows.name(view))
                )
                if not done.ok:
                    refused[view.oid] = f"its refresh failed: {done.message}"
                else:
                    refused.pop(view.oid, None)
    return refused
