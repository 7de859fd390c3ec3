"""Make the file of the next migration."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from setterbase.errors import MigrationError, UsageError

_NAME = re.compile(r"[a-z0-9_]+")
_VERSIONED = re.compile(r"([0-9]{14})_.*")
_TIME = "%Y%m%d%H%M%S"

HEADER = """\
-- Purpose:
-- Locks:
-- Destroys:
"""


def new(folder: Path, name: str, *, now: datetime | None = None) -> Path:
    """Write `<version>_<name>.sql` with the header to fill in, and return its path.

    The version is the time in UTC, or a second after the newest file if that is later.
    Raises UsageError for a name outside `[a-z0-9_]`, MigrationError when it cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"«{name}» is no name for a migration: small letters, digits and _ only.",
            hint="Say what it does, verb first: `setterbase migrate new add_lead_score`.",
        )
    version = _version_after(folder, now or datetime.now(UTC))
    path = folder / f"{version}_{name}.sql"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(HEADER)
    except OSError as error:
        raise MigrationError(
            f"{path} cannot be written: {error.strerror}.", hint="Check its folder's permissions."
        ) from None
    return path


def _version_after(folder: Path, now: datetime) -> str:
    taken = [found[1] for path in folder.glob("*") if (found := _VERSIONED.fullmatch(path.name))]
    newest, version = max(taken, default=""), now.strftime(_TIME)
    if version > newest:
        return version
    try:
        following = datetime.strptime(newest, _TIME) + timedelta(seconds=1)
    except ValueError:  # fourteen digits that are no date
        return str(int(newest) + 1)
    return following.strftime(_TIME)
