"""Measurements as tables, with the facts of the machine."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Measured:
    """Rounds of some ways to do the same, taken in turn, and what was promised of the first.

    `rounds` maps each way to its rate in each round, greater is better. `promise` is the least
    ratio of the first way to the second, by the median of the rounds' own ratios; 0: none was made.
    """

    name: str
    unit: str
    rounds: dict[str, list[float]]
    promise: float
    notes: Sequence[str] = ()

    def ratios(self, other: str) -> list[float]:
        """The first way's rate over another's, by round."""
        first = next(iter(self.rounds.values()))
        return [mine / theirs for mine, theirs in zip(first, self.rounds[other], strict=True)]

    @property
    def kept(self) -> bool:
        """Whether the promise holds."""
        return median(self.ratios(list(self.rounds)[1])) >= self.promise

    def text(self) -> str:
        """A table: a way a line, its rate in every round, and the ratio."""
        lines = [f"## {self.name} ({self.unit})"]
        width = max(map(len, self.rounds))
        for way, rates in self.rounds.items():
            numbers = "  ".join(f"{rate:>10,.0f}" for rate in rates)
            lines.append(f"{way:<{width}}  {numbers}   median {median(rates):>10,.0f}")
        for way in list(self.rounds)[1:]:
            ratios = self.ratios(way)
            numbers = "  ".join(f"{ratio:>10.2f}" for ratio in ratios)
            lines.append(
                f"{'ratio to ' + way:<{width}}  {numbers}   median {median(ratios):>10.2f}"
            )
        if self.promise:
            verdict = "kept" if self.kept else "NOT KEPT"
            words = f"promised: a ratio of {self.promise:.2g} or more to the second way: {verdict}"
            lines.append(words)
        return "\n".join([*lines, *self.notes])


@dataclass(frozen=True)
class Cost:
    """Rounds of what two ways cost, less is better, taken in turn.

    `promise` bounds the median of the rounds' ratios: the first way costs at most so many times the
    second, or with `faster` at least so many times less. None: nothing was promised.
    """

    name: str
    unit: str
    rounds: dict[str, list[float]]
    promise: float | None
    faster: bool = False
    notes: Sequence[str] = ()

    @property
    def ratios(self) -> list[float]:
        """First over second, with `faster` second over first, by round."""
        first, second = self.rounds.values()
        pairs = zip(first, second, strict=True)
        return [theirs / mine if self.faster else mine / theirs for mine, theirs in pairs]

    @property
    def kept(self) -> bool:
        """Whether the promise holds."""
        if self.promise is None:
            return True
        ratio = median(self.ratios)
        return ratio >= self.promise if self.faster else ratio <= self.promise

    def text(self) -> str:
        """A table: a way a line, its cost in every round, and the ratio."""
        lines = [f"## {self.name} ({self.unit})"]
        width = max(map(len, [*self.rounds, "ratio"]))
        for way, costs in self.rounds.items():
            numbers = "  ".join(f"{cost:>10,.0f}" for cost in costs)
            lines.append(f"{way:<{width}}  {numbers}   median {median(costs):>10,.0f}")
        numbers = "  ".join(f"{ratio:>10.2f}" for ratio in self.ratios)
        lines.append(f"{'ratio':<{width}}  {numbers}   median {median(self.ratios):>10.2f}")
        if self.promise is not None:
            bound = "at least" if self.faster else "at most"
            verdict = "kept" if self.kept else "NOT KEPT"
            lines.append(f"promised: {bound} {self.promise:g}: {verdict}")
        return "\n".join([*lines, *self.notes])


@dataclass(frozen=True)
class Limit:
    """One figure with a limit from above."""

    name: str
    value: float
    limit: float
    unit: str
    notes: Sequence[str] = ()

    @property
    def kept(self) -> bool:
        """Whether the promise holds."""
        return self.value < self.limit

    def text(self) -> str:
        """The figure and the promise."""
        verdict = "kept" if self.kept else "NOT KEPT"
        first = f"{self.value:,.0f} {self.unit}; promised: under {self.limit:,.0f}: {verdict}"
        return "\n".join([f"## {self.name}", first, *self.notes])


def quiet(patience: float = 40.0) -> None:
    """Wait until the processors have had little to do for a second, or for `patience` seconds.

    Other work on the machine falls on one way and not on the other; asked before each of them.
    """
    deadline = time.monotonic() + patience
    idle, total = _processor_time()
    while time.monotonic() < deadline:
        time.sleep(1)
        idle_now, total_now = _processor_time()
        if idle_now - idle > 0.8 * (total_now - total):
            return
        idle, total = idle_now, total_now


def _processor_time() -> tuple[int, int]:
    """Idle and all ticks of the processors since the machine started."""
    line = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0]
    ticks = [int(word) for word in line.split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def machine() -> str:
    """What the figures depend on: processor, memory, load, versions."""
    facts = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((f.split(":")[1].strip() for f in facts if f.startswith("model name")), "?")
    memory = Path("/proc/meminfo").read_text(encoding="utf-8").split()[1]
    return "\n".join(
        [
            f"{os.cpu_count()} × {model}, {int(memory) / 1e6:.0f} GB, {platform.system()} "
            f"{platform.release()}; load {os.getloadavg()[0]:.1f} at the start",
            f"Python {platform.python_version()}, psycopg {version('psycopg')}, Faker "
            f"{version('faker')}, postgrest {version('postgrest')}",
        ]
    )
