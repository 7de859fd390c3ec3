"""The same world as a file of events, for n8n or `setterbase ingest`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from setterbase.errors import UsageError
from setterbase.seeding.plan import Plan
from setterbase_seed.coaching.blocks import chunks, stream


def write(
    plan: Plan,
    path: Path,
    *,
    workers: int = 0,
    on_leads: Callable[[int], None] = lambda _: None,
) -> int:
    """Write every lead of the plan from its first event on; answers the number of events.

    The file appears when it is whole. Raises UsageError when it cannot be written.
    """
    wanted = [chunk for part in plan.parts for chunk in chunks(part.coach, part.first, part.last)]
    partial = path.with_name(f".{path.name}.partial")
    total = 0
    try:
        with partial.open("wb") as file:
            for chunk, rows in stream(plan.world, wanted, form="events", workers=workers):
                file.write(rows.texts[0])
                total += rows.counts[0]
                on_leads(chunk.last - chunk.first)
        partial.replace(path)
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror}.", hint="Choose another file for --to."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return total
