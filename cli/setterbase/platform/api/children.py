"""A part's process: started, watched, and started again with growing patience."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from setterbase.platform.api import record
from setterbase.platform.api.parts import Spec
from setterbase.platform.api.record import Part, Process

FIRST_DELAY = 0.1
LONGEST_DELAY = 10.0
SETTLED_SECONDS = 20.0  # having run so long, a part is as good as new
LOG_BYTES = 8 * 1024 * 1024

_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Child:
    """One part: `due` says when to `start`, `ended` notices the end."""

    def __init__(self, spec: Spec, log: Path) -> None:
        self.spec = spec
        self.log = log
        self.part = Part()
        self.delay = FIRST_DELAY
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._next = 0.0

    def due(self) -> bool:
        """Whether it is time to start: none runs, and the patience is over."""
        return self._process is None and time.monotonic() >= self._next

    def start(self) -> None:
        """Start the part in a group of its own, with a stdin that lives as long as we do."""
        if isinstance(self.spec.address, Path):
            self.spec.address.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.log.chmod(0o600)
            self._process = subprocess.Popen(
                self.spec.arguments,
                env=self.spec.environment,
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                umask=0o077,
                process_group=0,
                preexec_fn=_die_with_parent,
            )
        self._started = time.monotonic()
        began = record.began(self._process.pid)
        self.part.process = Process(self._process.pid, began) if began else None
        self.part.state = "starting"

    def ended(self) -> bool:
        """Whether the process has ended since the last question; what it left in its group, too."""
        if self._process is None:
            return False
        # Its group is ended before it is reaped: till then nobody else can get the number.
        if os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return False
        _kill_group(self._process.pid)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._process = None
        if time.monotonic() - self._started > SETTLED_SECONDS:
            self.delay = FIRST_DELAY
        self._next = time.monotonic() + self.delay
        self.delay = min(self.delay * 2, LONGEST_DELAY)
        self.part.process = None
        self.part.state = "waiting"
        self.part.restarts += 1
        return True

    def ask_to_end(self) -> None:
        """SIGTERM to the part and to all that it started."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)

    def end_now(self) -> None:
        """SIGKILL to whatever is left of it."""
        if self._process:
            _kill_group(self._process.pid)

    def gone(self) -> bool:
        """Whether nothing of it runs."""
        return self._process is None or self._process.poll() is not None


def await_end(children: list[Child], seconds: float) -> None:
    """Until all have ended; those that have not by then are killed."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not all(child.gone() for child in children):
        time.sleep(0.01)
    for child in children:
        child.end_now()
        if isinstance(child.spec.address, Path):
            child.spec.address.unlink(missing_ok=True)


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # nobody is left but what waits to be reaped
        return


def _die_with_parent() -> None:
    """On Linux: the kernel ends this process when the supervisor ends, however it ends."""
    if _LIBC is not None:
        _LIBC.prctl(_PDEATHSIG, signal.SIGKILL)


def keep_short(logs: list[Path]) -> None:
    """Put a log that has grown long aside; who writes to it appends, and goes on at its start."""
    for log in logs:
        if log.exists() and log.stat().st_size > LOG_BYTES:
            shutil.copy(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)
