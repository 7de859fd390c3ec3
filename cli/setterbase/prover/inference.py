"""Infers to whom the rows of every table belong, and says why."""

from __future__ import annotations

import re
from collections.abc import Callable

from setterbase.prover.axes import Axes, Axis, is_person
from setterbase.prover.intent import is_constant_true
from setterbase.prover.model import Catalog, Relation
from setterbase.prover.refs import EMAIL, TENANT_NAME, USER, Ref, Refs, snake
from setterbase.prover.texts import Evidence

_MEMBER_NAME = re.compile(
    r"member|user_role|role_user|_users$|_staff$|staff_|employee|collaborator|participant|"
    r"user_(org|team|tenant|compan|workspace)|seat|assignment"
)
_ROLE_COLUMN = re.compile(
    r"^(role|roles|user_role|member_role|role_name|permission|is_admin|is_owner)$"
)
_APPOINTS = re.compile(
    r"(^|_)((super|platform|site|app|system)_?)?(admin(istrator)?s?|super_?users?|staff|moderators?)$"
)
_HOLDS_TENANT = ("tenant", "membership", "column", "claim")


def infer(catalog: Catalog, refs: Refs, evidence: Evidence) -> Axes:
    """The axis of every own table; a table that reaches neither tenant nor user has none."""
    axes = Axes()
    for table in catalog.tables:
        user = _user_key(table, refs, axes)
        if user is not None and _appoints(table, refs):
            axes.offices[table.oid] = user
        elif user is not None:
            axes.profiles[table.oid] = user
    for table in catalog.tables:  # a driver, a wallet: one row for each profile
        user = _user_key(table, refs, axes)
        if user is not None and table.oid not in axes.offices:
            axes.profiles.setdefault(table.oid, user)
    for table in catalog.tables:
        _as_membership(catalog, table, refs, evidence, axes)
    _claim_roots(catalog, refs, evidence, axes)
    for table in catalog.tables:
        _as_role(table, refs, axes)
    for table in catalog.tables:
        axis = _of_tenant(catalog, table, refs, axes)
        if axis is not None:
            axes.of[table.oid] = axis
    _by_parent(catalog, refs, axes)
    for table in catalog.tables:
        if table.oid not in axes.of and (axis := _of_user(table, refs, evidence)) is not None:
            axes.of[table.oid] = axis
    _by_path(catalog, refs, axes)
    for table in catalog.tables:
        axes.of.setdefault(table.oid, Axis("none", (), None, _why_none(table, refs)))
    return axes


def _user_key(table: Relation, refs: Refs, axes: Axes) -> Ref | None:
    """The reference by which one row of the table is one user, or one user's profile."""
    single = {c.columns for c in table.uniques if not c.partial and len(c.columns) == 1}
    for ref in refs[table.oid]:
        if is_person(ref, axes) and ref.columns in single and not ref.audit:
            return ref
    return None


def _appoints(table: Relation, refs: Refs) -> bool:
    """`admins(user_id)`: to stand in it is the privilege, and no tenant is in it."""
    return bool(_APPOINTS.search(snake(table.name))) and all(
        r.target in (USER, EMAIL) for r in refs[table.oid]
    )


def _as_membership(
    catalog: Catalog, table: Relation, refs: Refs, evidence: Evidence, axes: Axes
) -> None:
    people = [r for r in refs[table.oid] if is_person(r, axes) and not (r.audit or r.several)]
    others = [
        r for r in refs[table.oid] if not is_person(r, axes) and r.target not in (EMAIL, table.oid)
    ]
    if not people or not others:
        return
    if len(people) > 1 and not _MEMBER_NAME.search(snake(table.name)):
        return  # two people in one row are a meeting: a chat, an order, a friendship
    unique = [set(c.columns) for c in table.uniques if not c.partial]
    best: tuple[int, Ref, Ref] | None = None
    for person in people:
        for other in others:
            both = set(person.columns) | set(other.columns)
            score = 3 if table.oid in evidence.guards else 0
            if score and _leads(catalog, table, person, other):
                score += 2  # rules of other tables find the caller's place in here
            score += 2 if both in unique else 0
            score += 2 if _MEMBER_NAME.search(snake(table.name)) else 0
            score += 1 if any(_ROLE_COLUMN.match(n.lower()) for n in table.columns) else 0
            score += 1 if any(TENANT_NAME.match(snake(n)) for n in other.columns) else 0
            if table.oid in axes.profiles:
                told = all(n.lower() in evidence.text for n in other.columns)
                tenant = any(TENANT_NAME.match(snake(n)) for n in other.columns)
                if not (told and (tenant or table.oid in evidence.guards)):
                    score = 0
            elif both not in unique and not _MEMBER_NAME.search(snake(table.name)):
                score -= 2
            asked = table.oid in evidence.guards and _leads(catalog, table, person, other)
            named = both in unique or bool(_MEMBER_NAME.search(snake(table.name)))
            if person.maker and not (asked or named):
                continue  # who made a thing of the tenant's is not in by having made it
            if table.oid not in evidence.guards and _has_owner(other, evidence):
                score -= 3  # the rules ask who owns the other, never who is in here
            if isinstance(other.target, int) and _is_catalogue(
                catalog.relations[other.target], refs, axes
            ):
                continue
            if best is None or score > best[0]:
                best = (score, person, other)
    if best is not None and best[0] >= 3:
        axes.memberships[table.oid] = best[1], best[2]
        axes.roots.add(best[2].target)


def _leads(catalog: Catalog, table: Relation, person: Ref, other: Ref) -> bool:
    """Whether a rule elsewhere goes from the caller through the table to what `other` names."""
    wanted = [w.lower() for w in (table.name, person.columns[0], other.columns[0])]
    rules = [p.text for r in catalog.relations.values() if r.oid != table.oid for p in r.policies]
    rules += [f.body for f in catalog.functions.values() if f.returns != "trigger"]
    near = [text for text in map(str.lower, rules) if all(w in text for w in wanted)]
    return any(
        "auth.uid()" in text and all(re.search(rf"\b{re.escape(w)}\b", text) for w in wanted)
        for text in near
    )


def _has_owner(ref: Ref, evidence: Evidence) -> bool:
    """Whether what a reference points at names its owner in a column that rules ask for."""
    return any(oid == ref.target for oid, _ in evidence.user_columns)


def _as_role(table: Relation, refs: Refs, axes: Axes) -> None:
    """`user_roles(user_id, role)`: who is what on the platform, with no tenant in it."""
    people = [r for r in refs[table.oid] if is_person(r, axes) and not (r.audit or r.several)]
    if table.oid in axes.personal or len(people) != 1 or len(table.columns) > 8:
        return
    if any(r.target in axes.roots for r in refs[table.oid]):
        return
    if any(_ROLE_COLUMN.match(n.lower()) or n.lower() == "role_id" for n in table.columns):
        axes.roles[table.oid] = people[0]


def _is_catalogue(table: Relation, refs: Refs, axes: Axes) -> bool:
    """Everybody reads it, no client writes it, nobody owns it."""
    writes = [p for p in table.policies if p.command != "select" and p.check_expr != "false"]
    owned = any(is_person(r, axes) and not r.audit for r in refs.get(table.oid, []))
    return table.rls and is_constant_true(table, "select") and not writes and not owned


def _claim_roots(catalog: Catalog, refs: Refs, evidence: Evidence, axes: Axes) -> None:
    """What a claim is compared with is the tenant: the row pointed at, or the key itself."""
    for table in catalog.tables:
        compared = {c for oid, c in evidence.claim_columns if oid == table.oid}
        for ref in refs[table.oid]:
            claimed = ref.claim is not None or (
                len(ref.columns) == 1 and ref.columns[0] in compared
            )
            if (claimed and ref.target not in (USER, EMAIL)) or ref.is_key:
                axes.roots.add(ref.target)
        points = any(r.columns == table.key for r in refs[table.oid])
        if len(table.key) == 1 and table.key[0] in compared and not points:
            axes.roots.add(table.oid)


def _of_tenant(catalog: Catalog, table: Relation, refs: Refs, axes: Axes) -> Axis | None:
    """The tenant itself, a person, a membership, or a column that names the tenant."""
    if table.oid in axes.roots:
        return Axis("tenant", table.key, None, "the tenant itself")
    if table.oid in axes.profiles and not (
        axes.profiles[table.oid].maker and is_constant_true(table, "select")
    ):
        ref = axes.profiles[table.oid]
        return Axis("profile", ref.columns, ref, f"the row is the user ({ref.why})")
    if table.oid in axes.memberships:
        _, tenant = axes.memberships[table.oid]
        return Axis("membership", tenant.columns, tenant, f"membership of {_name(catalog, tenant)}")
    tenants = [r for r in refs[table.oid] if r.target in axes.roots]
    if tenants:
        ref = max(tenants, key=lambda r: (r.required, r.declared, len(r.columns)))
        kind = "claim" if ref.claim else "column"
        return Axis(kind, ref.columns, ref, f"{', '.join(ref.columns)}: {ref.why}")
    return None


def _of_user(table: Relation, refs: Refs, evidence: Evidence) -> Axis | None:
    """A column that names the user, or their email."""
    own = refs[table.oid]
    people = [r for r in own if r.target == USER and not _ignorable(table, r, evidence)]
    if people:
        ref = max(
            people,
            key=lambda r: (
                not r.addressed,
                (table.oid, r.columns[0]) in evidence.user_columns,
                not r.maker,
                r.required,
            ),
        )
        return Axis("user", ref.columns, ref, f"{', '.join(ref.columns)}: {ref.why}")
    mails = [r for r in own if r.target == EMAIL]
    if mails:
        return Axis("user", mails[0].columns, mails[0], mails[0].why)
    return None


def _ignorable(table: Relation, ref: Ref, evidence: Evidence) -> bool:
    """An audit column is no owner; nor is a nullable author of a table that all may read."""
    if any((table.oid, n) in evidence.user_columns for n in ref.columns):
        return False
    return ref.audit or (ref.maker and not ref.required and is_constant_true(table, "select"))


def _by_parent(catalog: Catalog, refs: Refs, axes: Axes) -> None:
    """Where there are tenants, a child belongs to its parent's, whoever wrote it.

    Unless its rules ask for the user alone: then it is theirs within the tenant.
    """
    held = {o for o, axis in axes.of.items() if axis.kind in _HOLDS_TENANT}
    _spread(
        catalog, refs, axes, lambda table, ref: ref.required and not _is_private(table, ref), held
    )


def _is_private(table: Relation, ref: Ref) -> bool:
    """Whether the rules for reading ask for the caller and never for the parent."""
    text = " ".join(p.text for p in table.policies if p.command in ("select", "all")).lower()
    return "auth.uid()" in text and not any(
        re.search(rf"\b{re.escape(n.lower())}\b", text) for n in ref.columns
    )


def _by_path(catalog: Catalog, refs: Refs, axes: Axes) -> None:
    """Spreads outwards from tables with an axis, first over what every row must have."""
    _spread(catalog, refs, axes, lambda _, ref: ref.required and not is_person(ref, axes))
    _spread(catalog, refs, axes, lambda *_: True)


def _spread(
    catalog: Catalog,
    refs: Refs,
    axes: Axes,
    counts: Callable[[Relation, Ref], bool],
    among: set[int] | None = None,
) -> None:
    """Gives tables the axis of what they point at, nearest first; `among` is where to start."""
    while True:
        found: dict[int, Axis] = {}
        for table in catalog.tables:
            if table.oid in axes.of:
                continue
            steps = [
                r
                for r in refs[table.oid]
                if isinstance(r.target, int)
                and r.target in (axes.of if among is None else among)
                and not r.audit
                and counts(table, r)
            ]
            if steps:
                ref = max(steps, key=_nearest)
                target = _name(catalog, ref)
                why = f"{', '.join(ref.columns)} → {target} ({ref.why})"
                found[table.oid] = Axis("path", ref.columns, ref, why)
        if not found:
            return
        axes.of.update(found)
        if among is not None:
            among |= set(found)


def _nearest(ref: Ref) -> tuple[bool, ...]:
    return ref.required, not ref.addressed, ref.declared, ref.on_delete == "c"


def _name(catalog: Catalog, ref: Ref) -> str:
    if isinstance(ref.target, int):
        return catalog.relations[ref.target].label
    return ref.target.removeprefix("key:")


def _why_none(table: Relation, refs: Refs) -> str:
    if refs[table.oid]:
        return "its references lead to no tenant and no user"
    return "no column points at a tenant or a user"
