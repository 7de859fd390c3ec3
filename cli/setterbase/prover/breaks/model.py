"""A break: what it does, to which object, and where its effect is looked for."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Break:
    kind: str
    object: str
    statements: tuple[str, ...]
    focus: set[int] = field(default_factory=set)  # objects to attack, their dependents are added
    widens: bool = False  # makes new objects, which are attacked too
    everywhere: bool = False  # opens other tables than the one in focus
    exposes: str = ""  # a schema that the API serves from then on
    guarded: str = ""  # why it may change nothing; said when no attack goes through
    equivalent: str = ""  # why it changes nothing that an attack could see


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def ident(*names: str) -> str:
    return ".".join('"' + n.replace('"', '""') + '"' for n in names)
