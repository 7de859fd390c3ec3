"""The end of a growing text file."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path


def tail(path: Path, lines: int, follow: bool) -> Iterator[str]:
    """The last `lines` lines of `path` without their ends; then, with `follow`, new ones forever.

    A file that was replaced meanwhile (the log is rotated at a start) is read from its beginning.
    """
    stream = path.open(encoding="utf-8", errors="replace")
    try:
        yield from (line.rstrip("\n") for line in deque(stream, maxlen=max(lines, 0)))
        rest = ""
        while follow:
            rest += stream.readline()
            if rest.endswith("\n"):
                yield rest.rstrip("\n")
                rest = ""
                continue
            if path.exists() and not os.path.samestat(path.stat(), os.fstat(stream.fileno())):
                stream.close()
                stream, rest = path.open(encoding="utf-8", errors="replace"), ""
                continue
            time.sleep(0.1)
    finally:
        stream.close()
