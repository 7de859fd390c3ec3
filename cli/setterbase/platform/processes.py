"""Which processes belong to a cluster, told by their command lines.

A pid alone proves nothing: after a restart of the machine, or of a container, the number in
`postmaster.pid` is often somebody else's. `/proc/<pid>/cwd` would be the sharpest witness, but
root in a container without CAP_SYS_PTRACE may not read it for another account's process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

_PROC = Path("/proc")


def alive(pid: int) -> bool:
    """Whether `pid` runs: a process that waits to be reaped does not.

    Its command line would not tell: it is empty, too, while a process turns into a program.
    """
    if not (_PROC / "self").exists():
        return pid in _table()
    try:
        status = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")


def command_line(pid: int) -> list[str]:
    """The arguments of a living process; empty for one that is gone or waits to be reaped."""
    if not (_PROC / "self").exists():
        return _table().get(pid, [])
    try:
        raw = (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return [part.decode("utf-8", "surrogateescape") for part in raw.split(b"\0") if part]


def is_postmaster(pid: int, data: Path) -> bool:
    """Whether `pid` is the server process of the cluster in `data`."""
    return _serves(command_line(pid), data)


def of_cluster(data: Path, cluster_name: str) -> list[int]:
    """Every living process of a cluster, the server first, its orphans too."""
    servers, children = [], []
    for pid, arguments in _everything().items():
        if _serves(arguments, data):
            servers.append(pid)
        elif arguments and arguments[0].startswith(f"postgres: {cluster_name}: "):
            children.append(pid)
    return servers + children


def given(file: Path) -> list[int]:
    """Every living process that was started with this file."""
    return [pid for pid, arguments in _everything().items() if str(file) in arguments]


def stop(pids: list[int], *, grace: float, first: signal.Signals) -> None:
    """End processes: `first`, and after `grace` seconds SIGQUIT, then SIGKILL."""
    for number, patience in ((first, grace), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        living = [pid for pid in pids if alive(pid)]
        for pid in living:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        if wait_gone(living, patience):
            return


def wait_gone(pids: list[int], seconds: float) -> bool:
    """Whether all of `pids` were gone within `seconds`."""
    end = time.monotonic() + seconds
    while any(alive(pid) for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def _serves(arguments: list[str], data: Path) -> bool:
    return (
        len(arguments) > 2
        and Path(arguments[0]).name in ("postgres", "postmaster")
        and str(data) in arguments
    )


def _everything() -> dict[int, list[str]]:
    if not (_PROC / "self").exists():
        return _table()
    pids = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
    return {pid: command_line(pid) for pid in pids}


def _table() -> dict[int, list[str]]:
    """The same without /proc (macOS, BSD): `ps`, whose columns cannot tell blanks in a path."""
    listing = subprocess.run(
        ["ps", "-axo", "pid=,stat=,command="], check=False, capture_output=True, text=True
    ).stdout
    table = {}
    for line in listing.splitlines():
        pid, state, *command = line.split(None, 2)
        if not state.startswith("Z") and command:
            text = command[0]
            table[int(pid)] = [text] if text.startswith("postgres: ") else text.split(" ")
    return table
