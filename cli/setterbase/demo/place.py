"""Where the demo lives: a home of its own inside the project's, which holds nothing else.

It is emptied at the start of every run, whatever an earlier one left: kept, killed, half made.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from setterbase.errors import PlatformError
from setterbase.platform import embedded
from setterbase.platform.home import Home, folder_of, locate
from setterbase.target import load_environment, project_root

# Without it a folder of that name is somebody else's, and is left alone.
MARK = "this-is-a-setterbase-demo"


def folder() -> Path:
    """`demo/` in the home that SETTERBASE_HOME names, else in the project's."""
    load_environment()
    return locate(os.environ.get("SETTERBASE_HOME"), project_root()).folder / "demo"


@contextmanager
def occupied(demo: Path) -> Iterator[None]:
    """Within the block, `demo` is the embedded platform's home, empty at first, and ours alone.

    Raises PlatformError when another demo runs there, or when it cannot be emptied.
    """
    made = not demo.parent.exists()
    Home(demo.parent).make()
    descriptor = os.open(demo.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PlatformError(
                f"another demo is running in {demo}.",
                hint="Let it finish, or set SETTERBASE_HOME to another folder.",
            ) from None
        with _home(demo):
            remove(demo)
            Home(demo).make()
            (demo / MARK).touch()
            yield
    finally:
        os.close(descriptor)
        if made:
            with suppress(OSError):  # it is kept with what it holds
                demo.parent.rmdir()


def remove(demo: Path) -> None:
    """Stop the demo's database, if it runs, and delete it. Raises PlatformError."""
    if not demo.exists():
        return
    if any(demo.iterdir()) and not (demo / MARK).exists():
        raise PlatformError(
            f"{demo} holds something that is not the demo's.",
            hint="Move it away, or set SETTERBASE_HOME to another folder.",
        )
    with suppress(PlatformError):  # a damaged home is deleted all the same
        embedded.down()
    shutil.rmtree(folder_of(Home(demo)), ignore_errors=True)  # it may lie outside the home
    shutil.rmtree(demo, ignore_errors=True)
    if demo.exists():
        raise PlatformError(f"cannot empty {demo}.", hint="Delete it, as the account that made it.")


@contextmanager
def _home(demo: Path) -> Iterator[None]:
    """Point the embedded platform at `demo`, which its functions learn from the environment."""
    before = os.environ.get("SETTERBASE_HOME")
    os.environ["SETTERBASE_HOME"] = str(demo)
    try:
        yield
    finally:
        if before is None:
            del os.environ["SETTERBASE_HOME"]
        else:
            os.environ["SETTERBASE_HOME"] = before
