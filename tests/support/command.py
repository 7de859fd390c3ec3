"""The `setterbase` command as a person runs it: two streams and an exit code."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from setterbase import main


@dataclass(frozen=True)
class Answer:
    """What the command wrote to its two streams."""

    stdout: str
    stderr: str


def setterbase(
    url: str,
    *words: str | Path,
    code: int = 0,
    stdin: bytes = b"",
    encoding: str = "utf-8",
    **environment: str,
) -> Answer:
    """Run the command against the database `url` and expect its exit code to be `code`.

    It runs in this process, which saves the start of a new one; a traceback is the test's own.
    """
    out, err = _stream(encoding), _stream(encoding)
    there = {**os.environ, "LC_ALL": "C.UTF-8", "DATABASE_URL": url, **environment}
    with (
        mock.patch.dict(os.environ, there),
        mock.patch.object(sys, "argv", ["setterbase", *map(str, words)]),
        mock.patch.object(sys, "stdin", _stream("utf-8", stdin)),
        mock.patch.object(sys, "stdout", out),
        mock.patch.object(sys, "stderr", err),
    ):
        given = _exit_code()
    answer = Answer(_written(out), _written(err))
    assert given == code, f"{words} gave {given}: {answer}"
    return answer


def _exit_code() -> object:
    try:
        main.run()
    except SystemExit as end:
        return end.code or 0
    return 0


def _stream(encoding: str, content: bytes = b"") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode(stream.encoding)
