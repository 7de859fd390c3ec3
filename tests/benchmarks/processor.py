"""Processor time of a server's processes: what a piece of work costs, whatever else is running."""

from __future__ import annotations

import os
from pathlib import Path

from setterbase.platform import cluster
from tests.support.servers import Server

TICKS = os.sysconf("SC_CLK_TCK")


def spent(server: Server) -> float:
    """Seconds that all processes of the server have used so far, also those that have ended."""
    running = cluster.server(server.place)
    if running is None:
        raise RuntimeError(f"the server in {server.place.folder} is gone")
    while True:
        # A process that ends meanwhile would count twice, or not at all.
        before = _ended(running.pid)
        ticks = sum(_own(child) for child in _children(running.pid)) + _own(running.pid)
        if _ended(running.pid) == before:
            return (ticks + before) / TICKS


def seconds(process: int) -> float:
    """What one process and its threads have used."""
    return _own(process) / TICKS


def nanoseconds(process: int) -> int:
    """What one process has used, finer than ticks; ask while it waits, it is booked by then."""
    return int(Path(f"/proc/{process}/schedstat").read_text(encoding="utf-8").split()[0])


def _children(parent: int) -> list[int]:
    folder = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(word) for word in folder.read_text(encoding="utf-8").split()]


def _own(process: int) -> int:
    try:
        words = _stat(process)
    except (FileNotFoundError, ProcessLookupError):
        return 0  # ended since it was listed: its parent has the time
    return int(words[11]) + int(words[12])


def _ended(parent: int) -> int:
    """Ticks of children that have ended and been waited for."""
    words = _stat(parent)
    return int(words[13]) + int(words[14])


def _stat(process: int) -> list[str]:
    """From the state on: what follows the name, which may hold blanks."""
    text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    return text.rsplit(")", 1)[1].split()
