"""What checks look at, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from setterbase.doctor.place import Place

if TYPE_CHECKING:
    import psycopg

    from setterbase.doctor.api import Project
    from setterbase.migrations.files import MigrationFile


class Verdict(StrEnum):
    """What a check came to, the best first."""

    OK = "ok"
    UNSEEN = "unseen"
    """It could not be looked at."""
    WARNING = "warning"
    """It works, and will surprise somebody."""
    PROBLEM = "problem"
    """Something does not work, or is open that should be shut."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and what to do about it. Never with a key or a password in it."""

    what: str
    mend: str
    verdict: Verdict = Verdict.PROBLEM


def warning(what: str, mend: str) -> Finding:
    """A finding that is no reason to fail."""
    return Finding(what, mend, Verdict.WARNING)


class UnseenError(Exception):
    """Raised by a check that cannot look; its text says why."""


@dataclass(frozen=True)
class World:
    """What there is to look at. What is None cannot be seen, and `unseen` says why."""

    place: Place
    connection: psycopg.Connection[Any] | None = None
    project: Project | None = None
    files: Sequence[MigrationFile] | None = None
    unseen: tuple[tuple[Need, str], ...] = ()


Need = Literal["database", "schema", "api"]
"""The database, our schema in it, the project's HTTP address with its keys."""

Look = Callable[[World], Iterable[Finding]]


@dataclass(frozen=True)
class Check:
    """One question to a target."""

    name: str
    title: str
    needs: tuple[Need, ...]
    look: Look


@dataclass(frozen=True)
class Result:
    """What came of one check; `why` when nothing could be seen."""

    check: str
    title: str
    findings: tuple[Finding, ...] = ()
    why: str | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst of its findings."""
        if self.why is not None:
            return Verdict.UNSEEN
        return max(
            (finding.verdict for finding in self.findings),
            key=list(Verdict).index,
            default=Verdict.OK,
        )
