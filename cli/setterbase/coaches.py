"""Which coach is meant: by id, by e-mail, or because there is only one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from setterbase.db import rows
from setterbase.errors import UsageError

if TYPE_CHECKING:
    import psycopg

NAMED_AT_MOST = 5


@dataclass(frozen=True)
class Coach:
    """A tenant: a row of public.coachs."""

    id: UUID
    name: str
    specialty: str | None
    email: str
    timezone: str
    currency: str
    status: str


def every(connection: psycopg.Connection[Any]) -> list[Coach]:
    """All coaches by name."""
    return [Coach(**row) for row in rows(connection, "coaches")]


def find(coaches: Sequence[Coach], asked: str) -> Coach:
    """The one with this id or e-mail, whatever its case.

    Raises UsageError when there is none, or when several differ in case alone.
    """
    asked = asked.strip()
    if not asked:
        raise UsageError("--coach is empty.", hint=f"Give an id or an e-mail. {_those(coaches)}")
    if (wanted := _uuid(asked)) is not None:
        found = [coach for coach in coaches if coach.id == wanted]
    else:
        found = [coach for coach in coaches if coach.email == asked]
        found = found or [coach for coach in coaches if coach.email.lower() == asked.lower()]
    if len(found) > 1:
        ids = ", ".join(str(coach.id) for coach in found)
        raise UsageError(f"several coaches have the e-mail {asked}.", hint=f"Use an id: {ids}.")
    if not found:
        what = "id" if wanted else "e-mail"
        raise UsageError(f"no coach has the {what} {asked}.", hint=_those(coaches))
    return found[0]


def find_or_only(coaches: Sequence[Coach], asked: str | None) -> Coach:
    """The one asked for; without a question the only one there is. Raises UsageError otherwise."""
    if asked is not None:
        return find(coaches, asked)
    if len(coaches) == 1:
        return coaches[0]
    if not coaches:
        raise UsageError("there is no coach yet.", hint=_NONE)
    raise UsageError(
        "there is more than one coach.", hint=f"Say which with --coach. {_those(coaches)}"
    )


_NONE = "Make one with `setterbase coach create`, or try `setterbase demo --keep`."


def _those(coaches: Sequence[Coach]) -> str:
    if not coaches:
        return f"There is none yet. {_NONE}"
    named = [coach.email for coach in coaches[:NAMED_AT_MOST]]
    more = len(coaches) - len(named)
    others = f" and {more} more (`setterbase kpis show` lists them)" if more else ""
    return f"There {'is' if len(coaches) == 1 else 'are'} {', '.join(named)}{others}."


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
