"""Events that could not be applied: what they are, and trying them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from setterbase.db import rows
from setterbase.errors import UsageError

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class DeadLetter:
    """A row of private.dead_letters; `raw` is the event as it came."""

    id: int
    reason: str
    coach_id: UUID | None
    event_id: str | None
    deliveries: int
    received_at: datetime
    last_tried_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    raw: str


COLUMNS = [field.name for field in fields(DeadLetter)]


@dataclass(frozen=True)
class Listing:
    """Some dead letters, and how many there are."""

    letters: list[DeadLetter]
    total: int


@dataclass(frozen=True)
class Replayed:
    """What became of the dead letters that were tried again; `dead_letters` still are some."""

    accepted: int
    duplicates: int
    dead_letters: int


def waiting(
    connection: psycopg.Connection[Any], *, limit: int | None = None, resolved_too: bool = False
) -> Listing:
    """Dead letters in the order of their arrival, at most `limit`."""
    found = rows(connection, "dead_letters", {"all": resolved_too, "limit": limit})
    letters = [DeadLetter(**{column: row[column] for column in COLUMNS}) for row in found]
    return Listing(letters, found[0]["total"] if found else 0)


def replay(connection: psycopg.Connection[Any], ids: Sequence[int] | None = None) -> Replayed:
    """Try the named dead letters again, or all that wait, in one transaction.

    Raises UsageError for an id that is none, or that was resolved before.
    """
    if ids is not None:
        _refuse_unknown(connection, ids)
    named = None if ids is None else list(ids)
    answer = rows(connection, "replay_dead_letters", {"ids": named})[0]["answer"]
    return Replayed(answer["accepted"], answer["duplicates"], answer["dead_letters"])


def count(connection: psycopg.Connection[Any], ids: Sequence[int] | None = None) -> int:
    """How many wait, of the named ones or of all.

    Raises UsageError for an id that is none, or that was resolved before.
    """
    if ids is None:
        return waiting(connection, limit=1).total
    _refuse_unknown(connection, ids)
    return len(set(ids))


def discard(connection: psycopg.Connection[Any], ids: Sequence[int] | None = None) -> int:
    """End the wait of the named dead letters, or of all; how many. Their texts stay."""
    named = None if ids is None else list(ids)
    return int(rows(connection, "discard_dead_letters", {"ids": named})[0]["discarded"])


def _refuse_unknown(connection: psycopg.Connection[Any], ids: Sequence[int]) -> None:
    known = {row["id"]: row["resolution"] for row in _known(connection, ids)}
    for number in ids:
        if number not in known:
            raise UsageError(
                f"there is no dead letter {number}.", hint="See `setterbase dead-letters list`."
            )
        if known[number] is not None:
            raise UsageError(
                f"dead letter {number} was resolved before: {known[number]}.",
                hint="`setterbase dead-letters list` shows those that wait.",
            )


def _known(connection: psycopg.Connection[Any], ids: Sequence[int]) -> list[dict[str, Any]]:
    return rows(connection, "known_dead_letters", {"ids": list(ids)})
