"""The home of an embedded platform: its folder, its lock, its memory, its cluster's place."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TextIO

from setterbase.errors import PlatformError
from setterbase.platform import cluster as clusters
from setterbase.platform import processes
from setterbase.platform.account import Account
from setterbase.platform.files import write_private

LOCK_SECONDS = 120.0

# The roles that log in; the other API roles are reached by `set role` alone.
LOGIN_ROLES = ("postgres", "authenticator", "supabase_auth_admin", clusters.SUPERUSER)

# Where root keeps the cluster of a home that PostgreSQL's account cannot reach (below /root, on a
# mount that ignores owners).
ELSEWHERE = (Path("/var/lib/setterbase"), Path("/var/tmp/setterbase"))  # noqa: S108


@dataclass(frozen=True)
class State:
    """What a home remembers between commands. `port` 0 is none yet."""

    grants: str
    port: int
    passwords: dict[str, str]


@dataclass(frozen=True)
class Home:
    """`.setterbase/` of a project, or the folder that `SETTERBASE_HOME` names."""

    folder: Path

    @property
    def memory(self) -> Path:
        """The state, passwords included: mode 0600, the caller's alone."""
        return self.folder / "platform.json"

    def read(self) -> State | None:
        """The state, or None when this home has none yet.

        Raises PlatformError when it is there and cannot be read: it holds the only passwords.
        """
        try:
            return State(**json.loads(self.memory.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            raise PlatformError(
                f"{self.memory} is damaged.",
                hint=f"Restore it, or delete {self.folder} to start anew.",
            ) from None
        except NotADirectoryError:
            raise _no_folder(self.folder) from None
        except OSError as error:
            raise unreadable(self.memory, error) from None

    def write(self, state: State) -> None:
        """Replace the state in one step."""
        write_private(self.memory, json.dumps(asdict(state), indent=2))

    def make(self) -> None:
        """Make the folder; the account of the server may pass through it and not list it."""
        try:
            self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise _no_folder(self.folder) from None
        except OSError as error:
            raise PlatformError(
                f"cannot make {self.folder}: {error.strerror}.",
                hint="Set SETTERBASE_HOME to a folder that you may write.",
            ) from None

    @contextmanager
    def locked(self, seconds: float = LOCK_SECONDS) -> Iterator[None]:
        """One command at a time; the next waits for it. The lock dies with its process.

        Raises PlatformError when another command holds it for all of `seconds`.
        """
        self.make()
        path = self.folder / "lock"
        end = time.monotonic() + seconds
        while True:
            with _open(path) as lock:
                while not _take(lock.fileno()):
                    if time.monotonic() > end:
                        raise PlatformError(
                            f"another command has held {path} for {seconds:.0f} seconds.",
                            hint="Let it finish or stop it, then try again.",
                        )
                    time.sleep(0.02)
                if not _same(lock.fileno(), path):  # the home was removed while we waited
                    self.make()
                    continue
                yield
                return


def unreadable(path: Path, error: OSError) -> PlatformError:
    """What to say of a part of a home that this account may not look at."""
    return PlatformError(
        f"cannot read {path}: {error.strerror}.",
        hint="Use the account that made it, or set SETTERBASE_HOME to a folder of yours.",
    )


def _no_folder(path: Path) -> PlatformError:
    return PlatformError(
        f"{path} cannot hold a platform: it is no folder, or lies below a file.",
        hint="Set SETTERBASE_HOME to a folder, or unset it for `.setterbase` of the project.",
    )


def locate(named: str | None, project: Path) -> Home:
    """The home that `SETTERBASE_HOME` names, else `.setterbase` of `project`."""
    folder = Path(named).expanduser() if named else project / ".setterbase"
    return Home(folder.resolve())


def settle(home: Home, account: Account, grants: str) -> State:
    """The state of a home that had none: a place for its cluster, fresh passwords. Written.

    Raises PlatformError when a cluster lies here whose passwords are lost.
    """
    inside = home.folder / "cluster"
    if (inside / "data").exists():
        raise PlatformError(
            f"{inside} holds a database, and {home.memory}, which has its passwords, is gone.",
            hint=f"Restore that file, or delete {home.folder} to start anew.",
        )
    if inside.is_symlink():
        inside.unlink()
    if not _claim(inside, account):
        inside.symlink_to(_elsewhere(home, account))
    state = State(grants, 0, {role: secrets.token_hex(16) for role in LOGIN_ROLES})
    home.write(state)
    return state


def folder_of(home: Home) -> Path:
    """Where the cluster of `home` lies: in it, or behind the link that is in its place."""
    return (home.folder / "cluster").resolve()


def with_port(home: Home, state: State, port: int) -> State:
    """`state` with the port that the server really has; written when that is news."""
    if state.port == port:
        return state
    state = replace(state, port=port)
    home.write(state)
    return state


def _elsewhere(home: Home, account: Account) -> Path:
    """A fresh folder that `account` owns and can reach, outside the home and marked as its own."""
    for root in ELSEWHERE:
        try:
            root.mkdir(mode=0o711, parents=True, exist_ok=True)
            if root.is_symlink() or root.stat().st_uid != os.geteuid():
                continue  # planted by another account in a folder that all may write
            root.chmod(0o711)
            _sweep(root, home)
            folder = Path(tempfile.mkdtemp(prefix=f"{home.folder.parent.name[:32]}-", dir=root))
        except OSError:
            continue
        if _claim(folder, account):
            mark(folder, home)
            return folder
    raise PlatformError(
        f"the account '{account.name}', which root lends to PostgreSQL, can own a folder neither"
        f" in {home.folder} nor in {ELSEWHERE[0]}.",
        hint="Set SETTERBASE_HOME to a folder on a local disk whose parents everybody may pass.",
    )


def mark(folder: Path, home: Home) -> None:
    """Note in an outside cluster folder which home it serves."""
    note = folder / "home"
    if not note.exists() or note.read_text(encoding="utf-8") != str(home.folder):
        note.write_text(str(home.folder), encoding="utf-8")


def _sweep(root: Path, home: Home) -> None:
    """Remove what an earlier home at this very path left outside when it was deleted."""
    for note in root.glob("*/home"):
        if note.read_text(encoding="utf-8") == str(home.folder):
            data = note.parent / "data"
            pids = processes.of_cluster(data, clusters.name_of(data))
            processes.stop(pids, grace=5.0, first=clusters.FAST_STOP)
            shutil.rmtree(note.parent, ignore_errors=True)


def _claim(folder: Path, account: Account) -> bool:
    """Whether `account` owns `folder` now and can reach it; an unfit folder is taken away."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise PlatformError(
            f"cannot make {folder}: {error.strerror}.",
            hint="Set SETTERBASE_HOME to a folder that you may write.",
        ) from None
    if account.own(folder) and account.can_enter(folder):
        folder.chmod(0o700)
        return True
    folder.rmdir()
    return False


def _open(lock: Path) -> TextIO:
    try:
        return lock.open("w", encoding="utf-8")
    except OSError as error:
        raise unreadable(lock, error) from None


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
