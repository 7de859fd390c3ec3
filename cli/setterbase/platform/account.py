"""The account that PostgreSQL runs as: the caller, or an unprivileged one instead of root."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from setterbase.errors import PlatformError

# `postgres` where a distribution made it, else the account that every Unix has for no one.
CANDIDATES = ("postgres", "nobody")


class Identity(TypedDict, total=False):
    """The arguments of `subprocess` that make a child another account; empty for the caller."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """Who PostgreSQL runs as; `borrowed` when that is somebody else than the caller."""

    name: str
    uid: int
    gid: int
    borrowed: bool

    @property
    def identity(self) -> Identity:
        """What to hand to `subprocess` so that the child is this account and nothing more."""
        if not self.borrowed:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> bool:
        """Give `path` to this account. False where the file system keeps its own idea of owners."""
        if not self.borrowed:
            return True
        try:
            os.chown(path, self.uid, self.gid)
        except OSError:
            return False
        return path.stat().st_uid == self.uid

    def can_enter(self, folder: Path) -> bool:
        """Whether this account can reach `folder` through all of its parents.

        Asked of the kernel by a child with that identity: mode bits alone miss ACLs and mounts.
        """
        return self._test("-x", folder)

    def can_read(self, path: Path) -> bool:
        """Whether this account can read `path`, asked like `can_enter`."""
        return self._test("-r", path)

    def _test(self, question: str, path: Path) -> bool:
        if not self.borrowed:
            return os.access(path, os.X_OK if question == "-x" else os.R_OK)
        try:
            answer = subprocess.run(
                ["/bin/sh", "-c", f'test {question} "$0"', str(path)],
                cwd="/",
                check=False,
                capture_output=True,
                **self.identity,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise PlatformError(
                f"PostgreSQL refuses to run as root, and this root cannot become '{self.name}'"
                f" ({error}).",
                hint="Run setterbase as an ordinary user, or set DATABASE_URL to a database that"
                " runs elsewhere.",
            ) from None
        return answer.returncode == 0


def choose() -> Account:
    """The account to run PostgreSQL as. Raises PlatformError when root finds nobody to become."""
    if os.geteuid() != 0:
        uid = os.geteuid()
        return Account(name_of(uid), uid, os.getegid(), borrowed=False)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid, borrowed=True)
    raise PlatformError(
        "PostgreSQL refuses to run as root, and neither 'postgres' nor 'nobody' exists here.",
        hint="Run setterbase as an ordinary user.",
    )


def name_of(uid: int) -> str:
    """The account's name; its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a container started with a bare uid has no entry
        return str(uid)
