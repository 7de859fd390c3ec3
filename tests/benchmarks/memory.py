"""The memory of a process and its children, watched from outside."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path


def peak_megabytes(process: subprocess.Popen[bytes], every: float = 0.1) -> float:
    """The greatest sum of resident memory (RSS, shared pages counted for each) until it ends."""
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(map(_resident, _tree(process.pid))))
        time.sleep(every)
    return peak / 1e6


def _tree(pid: int) -> list[int]:
    """The process and all below it."""
    found, new = [pid], [pid]
    while new:
        below = []
        for parent in new:
            for task in Path(f"/proc/{parent}/task").glob("*/children"):
                try:
                    below += [int(child) for child in task.read_text().split()]
                except OSError:
                    continue
        found += below
        new = below
    return found


def _resident(pid: int) -> int:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * 4096
