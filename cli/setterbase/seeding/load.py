"""The fast path: chunks of COPY text in, one transaction a batch of a coach's leads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from setterbase.errors import SetterbaseError, TargetError
from setterbase.seeding import tables
from setterbase_seed.coaching.blocks import CHUNK, Chunk, chunks, stream
from setterbase_seed.coaching.copytext import TABLES, Rows

if TYPE_CHECKING:
    import psycopg

    from setterbase.seeding.plan import Part, Plan

# Writers wait while a batch is written: 10,000 leads are about 90,000 rows, a second or two.
BATCH = 5 * CHUNK
# A worker costs a tenth of a second to start: not for a handful of leads.
_ALONE_BELOW = CHUNK


class SeedError(SetterbaseError):
    """A batch could not be written; nothing of it was."""


@dataclass
class Loaded:
    """Rows written, by coach id and table."""

    rows: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, coach_id: str, counts: Iterable[int]) -> None:
        """Count a chunk's rows."""
        mine = self.rows.setdefault(coach_id, dict.fromkeys(TABLES, 0))
        for table, count in zip(TABLES, counts, strict=True):
            mine[table] += count

    @property
    def total(self) -> int:
        """All rows of all tables."""
        return sum(sum(counts.values()) for counts in self.rows.values())


def load(
    connection: psycopg.Connection[Any],
    plan: Plan,
    *,
    workers: int = 1,
    on_leads: Callable[[int], None] = lambda _: None,
) -> Loaded:
    """Write the plan's leads over an autocommit connection; `on_leads` hears of each chunk.

    Raises SeedError, which names the coach, when a batch fails: it is rolled back whole.
    """
    loaded = Loaded()
    batches = [batch for part in plan.parts for batch in _batches(part)]
    wanted = [chunk for _, members in batches for chunk in members]
    if plan.leads < _ALONE_BELOW:
        workers = 0
    with closing(stream(plan.world, wanted, workers=workers)) as made:
        for part, members in batches:
            counted = _write(connection, part, members, islice(made, len(members)), on_leads)
            for counts in counted:
                loaded.add(part.coach.id, counts)
    return loaded


def _batches(part: Part) -> Iterator[tuple[Part, list[Chunk]]]:
    first = part.first
    while first < part.last:
        end = min(part.last, (first // BATCH + 1) * BATCH)
        yield part, list(chunks(part.coach, first, end))
        first = end


def _write(
    connection: psycopg.Connection[Any],
    part: Part,
    members: Sequence[Chunk],
    made: Iterable[tuple[Chunk, Rows]],
    on_leads: Callable[[int], None],
) -> list[tuple[int, ...]]:
    """Write one batch in one transaction; answers each chunk's counts."""
    import psycopg

    counted = []
    try:
        with tables.alone(connection, tables.WRITING), connection.cursor() as cursor:
            for chunk, rows in made:
                copy(cursor, rows)
                counted.append(rows.counts)
                on_leads(chunk.last - chunk.first)
    except psycopg.Error as error:
        reason = error.diag.message_primary or " ".join(str(error).split())
        detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
        raise SeedError(
            f"coach {part.coach.name} <{part.coach.email}> could not be seeded: {reason}{detail}. "
            f"Nothing of leads {members[0].first + 1} to {members[-1].last} was written; batches "
            "before them stay.",
            hint="Mend the cause and run it again to go on, or take all out with `--purge`.",
        ) from error
    return counted


def copy(cursor: psycopg.Cursor[Any], rows: Rows) -> None:
    """Send the text of each table."""
    from psycopg import sql

    for (table, columns), text in zip(TABLES.items(), rows.texts, strict=True):
        if text:
            statement = sql.SQL("copy public.{} ({}) from stdin").format(
                sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
            )
            with cursor.copy(statement) as into:
                into.write(text)


def settle(connection: psycopg.Connection[Any]) -> None:
    """After many rows: fresh statistics for the planner, fresh dashboards for the reader."""
    import psycopg

    try:
        connection.execute(
            "analyze public.leads, public.messages, public.message_sequences,"
            " public.lead_status_history"
        )
        connection.execute("select private.refresh_kpis()")
    except psycopg.Error as error:
        raise TargetError(
            f"the rows are in, but the dashboards could not be refreshed: "
            f"{error.diag.message_primary}.",
            hint="The scheduler tries again every five minutes.",
        ) from error
