"""The KPI engine: what a refresh costs, and what marking costs a writer."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks import copying, inserting, kpi_world, refreshing
from tests.benchmarks.kpi_world import LARGE, MIDDLE, SMALL, Size
from tests.benchmarks.report import Cost, Limit, Measured
from tests.support import servers

REFRESHING = ("refresh", "idle", "drain", "memory")


def run(*, small: bool, only: str | None, large: bool = False) -> Iterator[Measured | Cost | Limit]:
    """All measurements, or those named `only`; with `large` the ladder's last step."""

    def wanted(*names: str) -> bool:
        return only is None or any(only in name for name in names)

    ladder = [SMALL] if small else [SMALL, MIDDLE, *([LARGE] if large else [])]
    copied_into, rows = (SMALL, 10_000) if small else (MIDDLE, 500_000)
    if wanted(*REFRESHING, "copy", "tenfold"):
        server = kpi_world.start()
        try:
            for size in ladder:
                copies = wanted("copy") and size == copied_into
                if not copies and not wanted(*REFRESHING):
                    continue
                database = kpi_world.build(server, size)
                if copies:  # which leave the world as it is: they go into copies of it
                    yield from copying.measure(server, database, size, rows)
                last = size == ladder[-1]
                yield from refreshing.measure(database, size, last=last, wanted=wanted)
                server.drop(database)
            if wanted("tenfold"):
                yield refreshing.tenfold(server, Size(20 if small else 100, 100, 10))
        finally:
            servers.end(server, keep=False)
    if wanted("inserts"):
        yield from inserting.run(SMALL if small else inserting.SOME)
