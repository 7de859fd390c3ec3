"""Where throwaway data goes: to memory where there is enough, since tests wait for no disk."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH = 4 * 1024**3


def root() -> Path:
    """A folder that every account may write to."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH:
        return MEMORY
    return Path(tempfile.gettempdir())


def places(prefix: str) -> list[Path]:
    """Every folder that `folder` made with this prefix and nobody has removed."""
    return [
        path for base in {MEMORY, Path(tempfile.gettempdir())} for path in base.glob(f"{prefix}*")
    ]


def folder(prefix: str, *, on_disk: bool = False) -> Path:
    """A fresh folder whose name begins with `prefix`.

    `on_disk` for what Deno writes to: below /dev it writes for nobody.
    """
    return Path(tempfile.mkdtemp(prefix=prefix, dir=None if on_disk else root()))
