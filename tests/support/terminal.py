"""A command on a terminal of its own, with a person who types."""

from __future__ import annotations

import contextlib
import errno
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass
from fcntl import ioctl

SECONDS = 60


@dataclass(frozen=True)
class Session:
    """What stood on the screen (stdout and stderr alike) and the exit code."""

    screen: str
    code: int


def session(
    *words: str, typed: Mapping[str, str] | None = None, encoding: str = "utf-8", **environment: str
) -> Session:
    """Run `setterbase` on a terminal of 100 columns; `typed` answers a prompt when it appears."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    command = subprocess.Popen(
        [sys.executable, "-m", "setterbase.main", *words],
        env={**os.environ, "TERM": "xterm-256color", **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        screen = _read(ours, dict(typed or {}))
        return Session(screen.decode(encoding), command.wait(SECONDS))
    finally:
        os.close(ours)
        with contextlib.suppress(ProcessLookupError):
            command.kill()
        command.wait()


def _read(terminal: int, answers: dict[str, str]) -> bytes:
    screen = b""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            part = os.read(terminal, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # how Linux says that nobody holds the other side any more
                raise
            return screen
        if not part:
            return screen
        screen += part
        for prompt in [prompt for prompt in answers if prompt.encode() in screen]:
            os.write(terminal, f"{answers.pop(prompt)}\n".encode())
    raise AssertionError(f"still running after {SECONDS} s: {screen!r}")
