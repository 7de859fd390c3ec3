"""What an axis is: how the rows of a table reach the tenant or the user that they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field

from setterbase.prover.refs import USER, Ref


@dataclass(frozen=True)
class Axis:
    """How a row of a table reaches its tenant: `kind`, the columns of the first step, the words."""

    kind: str  # tenant, profile, membership, column, user, path, claim, none, declared
    columns: tuple[str, ...]
    ref: Ref | None
    why: str

    @property
    def exists(self) -> bool:
        return self.kind != "none"


@dataclass
class Axes:
    of: dict[int, Axis] = field(default_factory=dict)
    roots: set[int | str] = field(default_factory=set)
    memberships: dict[int, tuple[Ref, Ref]] = field(default_factory=dict)  # table → user, tenant
    profiles: dict[int, Ref] = field(default_factory=dict)  # table → its user reference
    roles: dict[int, Ref] = field(default_factory=dict)  # roles of users on the whole platform
    offices: dict[int, Ref] = field(default_factory=dict)  # who stands in it runs the platform

    @property
    def personal(self) -> set[int]:
        """Tables with a row for each person."""
        return set(self.memberships) | set(self.profiles) | set(self.roles) | set(self.offices)

    def has(self, oid: int) -> bool:
        axis = self.of.get(oid)
        return axis is not None and axis.exists


def is_person(ref: Ref, axes: Axes) -> bool:
    """Whether a reference names a user, directly or through a profile row."""
    return ref.target == USER or ref.target in axes.profiles or ref.target in axes.offices
