"""Worlds in chunks that workers share out, made of blocks with a random generator of their own.

Lead number i of a coach lives in block i // BLOCK, whatever the number of leads, workers or
coaches: more leads are the same leads and then some.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context, parent_process
from random import Random
from threading import Thread
from typing import Literal, NamedTuple

from setterbase_seed import ids
from setterbase_seed.coaching import copytext, events
from setterbase_seed.coaching.copytext import Clock, Rows
from setterbase_seed.coaching.journey import Lead, live
from setterbase_seed.coaching.settle import settle
from setterbase_seed.coaching.traits import SOURCES, Traits, traits
from setterbase_seed.world import Coach, World

# Leads of one generator. Few, because the rows of a block then stay in the processor's cache:
# blocks of 2,000 take half as long again.
BLOCK = 100
# Leads of one task and one COPY. Many, because short COPYs cost the server half as much again.
CHUNK = 20 * BLOCK
STATUSES = (
    "new", "engaged", "qualified", "call_proposed", "call_booked", "won", "lost", "relance",
)  # fmt: skip
_TRIES = 1000

Form = Literal["copy", "events"]


class Chunk(NamedTuple):
    """Leads `first` to `last` - 1 of a coach."""

    coach: Coach
    first: int
    last: int


def chunks(coach: Coach, first: int, last: int, size: int = CHUNK) -> Iterator[Chunk]:
    """The chunks that hold leads `first` to `last` - 1, cut at multiples of `size`."""
    while first < last:
        end = min(last, (first // size + 1) * size)
        yield Chunk(coach, first, end)
        first = end


def simulate(world: World, chunk: Chunk) -> list[Lead]:
    """The leads of a chunk."""
    return [
        lead
        for block in chunks(*chunk, size=BLOCK)
        for lead in _block(world, block)[block.first % BLOCK :]
    ]


def make(world: World, chunk: Chunk, form: Form = "copy") -> Rows:
    """A chunk as COPY text of each table, or as the one text of its events."""
    render = copytext.render if form == "copy" else events.render
    coach, clock = _traits(world, chunk.coach), _clock(world)
    made = [render(simulate(world, block), coach, clock) for block in chunks(*chunk, size=BLOCK)]
    return Rows(
        tuple(b"".join(texts) for texts in zip(*(rows.texts for rows in made), strict=True)),
        tuple(sum(counts) for counts in zip(*(rows.counts for rows in made), strict=True)),
    )


def _block(world: World, block: Chunk) -> list[Lead]:
    """The leads of a block from its first one on: those before `block.first` are drawn too."""
    coach = _traits(world, block.coach)
    number = block.first // BLOCK
    seed = ids.number(
        "block", world.seed, world.day, world.days, world.locale, block.coach.id, number
    )
    r = Random(seed).random  # noqa: S311
    leads = []
    for index in range(number * BLOCK, block.last):
        lead = live(r, coach, index)
        if index < len(STATUSES):
            # The first leads of a coach show every status and source: drawn until it fits.
            for _ in range(_TRIES):
                if settle(lead).status == STATUSES[index] and (
                    lead.source == SOURCES[index % len(SOURCES)]
                ):
                    break
                lead = live(r, coach, index)
        leads.append(lead)
    return leads


def stream(
    world: World, wanted: Iterable[Chunk], *, form: Form = "copy", workers: int = 0
) -> Generator[tuple[Chunk, Rows], None, None]:
    """The chunks in their order, made by `workers` processes, or by this one when there are none.

    No more than two chunks a worker wait for their reader, so memory does not grow with the world.
    """
    if workers < 1:
        for chunk in wanted:
            yield chunk, make(world, chunk, form)
        return
    # Spawned, not forked: the reader may hold a database connection.
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_serve) as pool:
        waiting: deque[tuple[Chunk, Future[Rows]]] = deque()
        try:
            for chunk in wanted:
                waiting.append((chunk, pool.submit(make, world, chunk, form)))
                if len(waiting) > 2 * workers:
                    done, rows = waiting.popleft()
                    yield done, rows.result()
            while waiting:
                done, rows = waiting.popleft()
                yield done, rows.result()
        finally:
            for _, rows in waiting:
                rows.cancel()


def _serve() -> None:
    """A worker leaves Ctrl-C to its parent, and ends with it, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@lru_cache(maxsize=2)
def _clock(world: World) -> Clock:
    return Clock(world.start, world.days)


@lru_cache(maxsize=8)
def _traits(world: World, coach: Coach) -> Traits:
    return traits(world, coach)
