"""What runs: the note by which any later command finds the platform's processes again.

A process is named by its number and the moment it began, in the kernel's clock: after a restart
of the machine the number is somebody else's, and the moment tells. A part may have processes of
its own (an edge function each), which are in its group.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

_PROC = Path("/proc")

PartState = Literal["starting", "running", "waiting"]


@dataclass
class Process:
    """A process that was started: its number, and when it began in the clock of its kernel."""

    pid: int
    began: str


@dataclass
class Part:
    """One part as the supervisor sees it; `waiting` is before another attempt."""

    process: Process | None = None
    state: PartState = "starting"
    restarts: int = 0


@dataclass
class Record:
    """The supervisor and its parts."""

    home: str
    supervisor: Process
    port: int
    ready: bool = False
    parts: dict[str, Part] = field(default_factory=dict)


def write(file: Path, record: Record) -> None:
    """Replace the note in one step."""
    staging = file.with_suffix(".new")
    staging.write_text(json.dumps(asdict(record)), encoding="utf-8")
    staging.replace(file)


def read(file: Path) -> Record | None:
    """The note, or None when there is none that can be read, or it came with a copied home.

    One whose home was moved is this one's: its processes are to be found from the new place.
    """
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        known = Path(raw["home"])
        if known.exists() and not file.parent.samefile(known):
            return None
        parts = {
            name: Part(_process(part["process"]), part["state"], part["restarts"])
            for name, part in raw["parts"].items()
        }
        supervisor = _process(raw["supervisor"])
        assert supervisor
        return Record(raw["home"], supervisor, raw["port"], raw["ready"], parts)
    except (OSError, ValueError, KeyError, TypeError, AssertionError):
        return None


def _process(raw: dict[str, object] | None) -> Process | None:
    return Process(int(str(raw["pid"])), str(raw["began"])) if raw else None


def alive(process: Process | None) -> bool:
    """Whether this very process runs; one that waits to be reaped does not."""
    return process is not None and began(process.pid) == process.began


def began(pid: int) -> str | None:
    """When the process of this number began; None when there is none, or only its remains."""
    found = _stat(pid)
    return found[1] if found else None


def members(process: Process) -> list[int]:
    """The living processes in the group that `process` leads or led, itself among them.

    The kernel gives the number of a group to nobody else while one of its members lives.
    """
    if (leader := began(process.pid)) and leader != process.began:
        return []  # the number has gone on to somebody else
    found = []
    for pid in _pids():
        stat = _stat(pid)
        if stat and stat[0] == process.pid and _not_before(stat[1], process.began):
            found.append(pid)
    return found


def stop(record: Record, *, grace: float) -> bool:
    """End the supervisor, then whatever is left of its parts. False when nothing ran."""
    pids = [record.supervisor.pid] if alive(record.supervisor) else []
    if pids:
        _end(pids, signal.SIGTERM, grace)
    rest = [pid for part in record.parts.values() if part.process for pid in members(part.process)]
    if rest:
        _end(rest, signal.SIGTERM, 1.0)
    return bool(pids or rest)


def _end(pids: list[int], first: signal.Signals, grace: float) -> None:
    known = {pid: began(pid) for pid in pids}
    for number, patience in ((first, grace), (signal.SIGKILL, 5.0)):
        living = [pid for pid, moment in known.items() if moment and began(pid) == moment]
        for pid in living:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        until = time.monotonic() + patience
        while any(began(pid) == known[pid] for pid in living):
            if time.monotonic() > until:
                break
            time.sleep(0.01)
        else:
            return


def _pids() -> list[int]:
    if (_PROC / "self").exists():
        return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    return list(_table())


def _stat(pid: int) -> tuple[int, str] | None:
    """The group of a living process, and when it began."""
    if not (_PROC / "self").exists():
        return _table().get(pid)
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    columns = text.rpartition(")")[2].split()
    if columns[0] in ("Z", "X"):
        return None
    return int(columns[2]), columns[19]


def _not_before(one: str, other: str) -> bool:
    """Whether `one` began no earlier than `other`: ticks since the start of the machine."""
    return not (one.isdigit() and other.isdigit()) or int(one) >= int(other)


def _table() -> dict[int, tuple[int, str]]:
    """The same without /proc (macOS, BSD)."""
    listing = subprocess.run(
        ["ps", "-axo", "pid=,pgid=,stat=,lstart="],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": os.defpath, "LC_ALL": "C"},
    ).stdout
    table = {}
    for line in listing.splitlines():
        pid, group, state, moment = line.split(None, 3)
        if not state.startswith("Z"):
            table[int(pid)] = (int(group), moment.strip())
    return table
