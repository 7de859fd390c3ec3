"""What the owner declares: other schemas, axes that were inferred wrongly, what is public and why.

    schemas = ["public", "api"]

    [public]                                  # object, object:command or function → the reason
    "public.profiles" = "names are shown to everyone"
    "public.leads:insert" = "the contact form"

    [axis]                                    # table → "none", or its column and what it points at
    "public.holidays" = "none"
    "public.events" = { column = "workspace", of = "public.workspaces" }

An object may also say so itself, in its comment: `@public: names are shown to everyone`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from setterbase.errors import UsageError
from setterbase.prover.model import Catalog, Function, Relation
from setterbase.prover.refs import USER, Ref, Refs

_TAG = re.compile(r"@public(?:-by-design)?\s*:\s*(.+)", re.I)


@dataclass(frozen=True)
class Config:
    schemas: tuple[str, ...] = ()
    public: dict[str, str] = field(default_factory=dict)
    axes: dict[str, str | dict[str, str]] = field(default_factory=dict)


def read(path: Path) -> Config:
    """The file's declarations.

    Raises UsageError when it is missing, no TOML, or says what nobody asked.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"cannot read {path}: {error.strerror}.",
            hint="Name a TOML file, or leave --config out.",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no TOML: {error}.") from None
    unknown = set(told) - {"schemas", "public", "axis"}
    if unknown:
        raise UsageError(
            f"{path} says {', '.join(sorted(unknown))}, which means nothing.",
            hint="It may say schemas, [public] and [axis].",
        )
    return Config(
        tuple(told.get("schemas", ())), dict(told.get("public", {})), dict(told.get("axis", {}))
    )


def declared_public(catalog: Catalog, config: Config) -> dict[str, str]:
    """Object → reason, from the file and from the objects' own comments.

    Raises UsageError when the file names an object that is not there.
    """
    found: dict[str, str] = {}
    known = set(catalog.by_label)
    for function in catalog.functions.values():
        known |= {function.label, f"{function.schema}.{function.name}"}
    things: list[Relation | Function] = [*catalog.relations.values(), *catalog.functions.values()]
    for thing in things:
        if tag := _TAG.search(thing.comment or ""):
            found[thing.label] = f"declared in its comment: {tag.group(1).strip()}"
    for label, reason in config.public.items():
        if label not in known and label.rsplit(":", 1)[0] not in known:
            raise UsageError(f"[public] names {label}, which this database does not have.")
        found[label] = f"declared: {reason}"
    return found


def override(catalog: Catalog, refs: Refs, config: Config) -> set[int]:
    """Puts the declared references in; returns the tables declared to have no axis.

    Raises UsageError when a table, a column or a target is not there.
    """
    none: set[int] = set()
    for label, wanted in config.axes.items():
        table = catalog.by_label.get(label)
        if table is None or not table.is_table:
            raise UsageError(f"[axis] names {label}, which is no table of this database.")
        if wanted == "none":
            none.add(table.oid)
            continue
        if isinstance(wanted, str):
            wanted = {"column": wanted}
        column, of = wanted.get("column", ""), wanted.get("of", "auth.users")
        if column not in table.columns:
            raise UsageError(f"[axis] says {label}.{column}, but there is no such column.")
        target = catalog.by_label.get(of)
        users = catalog.users()
        aim: int | str = f"key:{column}"
        if target is not None:
            aim = USER if users is not None and target.oid == users.oid else target.oid
        elif of != "tenant":
            raise UsageError(f"[axis] says {label} belongs to {of}, which is no table.")
        key = target.key if target is not None and isinstance(aim, int) else ("id",)
        made = Ref((column,), aim, key, table.columns[column].not_null, "declared")
        refs[table.oid] = [made, *(r for r in refs[table.oid] if r.columns != (column,))]
    return none
