"""Run the benchmarks and print what they measured: `make bench`.

`make bench BENCH="seed --small"` passes words on. Exit code 1: a promise is not kept.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from tests.benchmarks import api, kpis, peers, plans, reads, report, seed


class Result(Protocol):
    """A measurement with the promise that was made of it."""

    @property
    def kept(self) -> bool: ...

    def text(self) -> str: ...


SUITES: dict[str, Callable[..., Iterator[Result]]] = {
    "seed": seed.run,
    "kpis": kpis.run,
    "api": api.run,
    "reads": reads.run,
    "peers": peers.run,
    "plans": plans.run,
}
# Other people's tools take a while and promise nothing, nor do plans: only when asked for.
USUAL = ("seed", "kpis", "api", "reads")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", choices=[*SUITES, []], default=[])
    parser.add_argument("--small", action="store_true", help="a twentieth, to see that it runs")
    parser.add_argument("--only", help="only measurements whose name holds this text")
    parser.add_argument("--large", action="store_true", help="kpis, plans: ten million messages")
    options = parser.parse_args()
    print(report.machine())  # noqa: T201
    kept = True
    for suite in options.suites or USUAL:
        more = {"large": options.large} if suite in ("kpis", "plans") else {}
        began = time.monotonic()
        for measured in SUITES[suite](small=options.small, only=options.only, **more):
            now = time.monotonic()
            print(f"\n{measured.text()}\n(took {now - began:,.0f} s)", flush=True)  # noqa: T201
            kept = kept and measured.kept
            began = now
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
