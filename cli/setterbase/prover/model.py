"""What the prover knows of a database: plain data, in the catalogue's own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

API_ROLES = ("anon", "authenticated")


@dataclass(frozen=True)
class Type:
    oid: int
    name: str
    kind: str  # b base, e enum, d domain, c composite, r range, m multirange
    category: str
    formatted: str
    not_null: bool
    base: int | None
    base_typmod: int
    element: int | None
    labels: tuple[str, ...]
    checks: tuple[str, ...]
    subtype: int | None
    relation: int | None


@dataclass(frozen=True)
class Column:
    name: str
    position: int
    type: str
    type_oid: int
    typmod: int
    not_null: bool
    identity: str
    generated: str
    default_expr: str | None
    grants: frozenset[str]
    listed: frozenset[str]  # the grants that name this column, not those of its table

    @property
    def writable(self) -> bool:
        return not self.generated and self.identity != "a"

    @property
    def required(self) -> bool:
        return self.not_null and self.default_expr is None and not self.identity


@dataclass(frozen=True)
class Constraint:
    name: str
    kind: str  # p primary, u unique, f foreign, c check, x exclusion
    columns: tuple[str, ...]
    target: int | None
    target_columns: tuple[str, ...]
    on_delete: str
    deferrable: bool
    definition: str
    partial: bool


@dataclass(frozen=True)
class Policy:
    name: str
    command: str
    permissive: bool
    roles: tuple[str, ...]  # empty: everyone
    using_expr: str | None
    check_expr: str | None

    @property
    def text(self) -> str:
        return f"{self.using_expr or ''}\n{self.check_expr or ''}"


@dataclass
class Relation:
    oid: int
    schema: str
    name: str
    kind: str  # r table, p partitioned, v view, m materialized view, f foreign, S sequence
    rls: bool
    force_rls: bool
    is_partition: bool
    estimate: int
    owner: str
    options: tuple[str, ...]
    definition: str | None
    updatable: int
    comment: str | None
    bound: str | None
    partition_key: str | None
    parent: int | None
    reads: tuple[int, ...]
    grants: frozenset[str]
    can_fill: bool
    is_ours: bool
    remote: bool  # a foreign table whose server rolls back when we do
    of_extension: bool
    columns: dict[str, Column] = field(default_factory=dict)
    constraints: list[Constraint] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    triggers: list[int] = field(default_factory=list)  # the functions they run

    @property
    def label(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def is_table(self) -> bool:
        return self.kind in ("r", "p") or self.remote

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The primary key, else the first whole unique key of not-null columns, else nothing."""
        for kind in ("p", "u"):
            for c in self.constraints:
                if c.kind == kind and c.columns and not c.partial:
                    if kind == "u" and not all(self.columns[n].not_null for n in c.columns):
                        continue
                    return c.columns
        return ()

    @cached_property
    def folded(self) -> dict[str, str]:
        """Column names in lower case → as they are, for texts that were lowered."""
        return {n.lower(): n for n in self.columns}

    @cached_property
    def uniques(self) -> list[Constraint]:
        return [c for c in self.constraints if c.kind in ("p", "u")]

    @cached_property
    def foreign_keys(self) -> list[Constraint]:
        return [c for c in self.constraints if c.kind == "f"]

    @cached_property
    def checks(self) -> list[Constraint]:
        return [c for c in self.constraints if c.kind == "c"]

    def may(self, role: str, privilege: str) -> bool:
        """Whether `role` holds `privilege` on the relation or on one of its columns."""
        wanted = f"{role}:{privilege}"
        return wanted in self.grants or bool(self.columns_for(role, privilege))

    def columns_for(self, role: str, privilege: str) -> list[str]:
        wanted = f"{role}:{privilege}"
        return [c.name for c in self.columns.values() if wanted in c.grants]


@dataclass(frozen=True)
class Argument:
    name: str
    type_oid: int
    has_default: bool
    variadic: bool


@dataclass(frozen=True)
class Function:
    oid: int
    schema: str
    name: str
    kind: str
    definer: bool
    volatility: str
    returns_set: bool
    return_type: int
    returns: str
    arguments: tuple[Argument, ...]
    body: str
    signature: str
    owner: str
    is_ours: bool
    comment: str | None
    grants: frozenset[str]

    @property
    def label(self) -> str:
        return f"{self.schema}.{self.name}({self.signature})"


@dataclass
class Catalog:
    relations: dict[int, Relation]
    functions: dict[int, Function]
    types: dict[int, Type]
    exposed: tuple[str, ...]
    exposed_why: str
    absent: tuple[str, ...]  # schemas that the API is set to serve, and that do not exist
    role: str
    version: int
    database: str
    superuser: bool
    bypass_rls: bool
    api_roles: frozenset[str]
    worked_on: dict[int, list[Relation]] = field(default_factory=dict)  # by function

    @cached_property
    def by_label(self) -> dict[str, Relation]:
        return {r.label: r for r in self.relations.values()}

    @cached_property
    def tables(self) -> list[Relation]:
        """Tables whose rows can differ by tenant: no partitions, no extension's, none managed."""
        from setterbase.prover.scope import is_managed

        return [
            r
            for r in self.relations.values()
            if r.is_table and not r.is_partition and not r.of_extension and not is_managed(r.schema)
        ]

    def users(self) -> Relation | None:
        return self.by_label.get("auth.users")

    def base_type(self, oid: int) -> Type:
        """The type under any number of domains."""
        found = self.types[oid]
        while found.kind == "d" and found.base is not None:
            found = self.types[found.base]
        return found
