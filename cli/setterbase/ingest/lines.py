"""Bytes to lines: whatever a file holds, each of its lines becomes a text that PostgreSQL stores.

A line that is no proper text (not UTF-8, a NUL, endless) is not lost and does not stop the rest: it
is made visible and given a note after its end. With the note it is no JSON, so it becomes a dead
letter, even where the visible form of its bytes would happen to be some.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from setterbase.errors import UsageError

# An Instagram message has 1,000 characters; nothing that is meant comes near this.
MAX_LINE_BYTES = 1 << 20
CHUNK_BYTES = 1 << 16

_BOM = b"\xef\xbb\xbf"
_MAGIC = {
    b"\x1f\x8b": ("gzip", "zcat FILE | setterbase ingest -"),
    b"PK\x03\x04": ("a zip archive", "unzip -p FILE | setterbase ingest -"),
    b"\xff\xfe{\x00": ("UTF-16", "iconv -f UTF-16 -t UTF-8 FILE | setterbase ingest -"),
    b"\xfe\xff\x00{": ("UTF-16", "iconv -f UTF-16 -t UTF-8 FILE | setterbase ingest -"),
}


@dataclass(frozen=True)
class Line:
    """A line that is not blank: its number in the file, from 1, and its text.

    `end` is the offset in bytes after it: how far the stream was read.
    """

    number: int
    text: str
    end: int


def open_file(path: Path) -> BinaryIO:
    """`path` for reading. Raises UsageError when that cannot be."""
    try:
        return path.open("rb")
    except FileNotFoundError:
        why, hint = "there is no such file", "Check the path; `-` reads from a pipe."
    except IsADirectoryError:
        why, hint = "it is a folder", "Name one file, or send several: `cat FOLDER/*.jsonl |"
        hint += " setterbase ingest -`."
    except PermissionError:
        why, hint = "you may not read it", "Ask its owner, or `chmod` it."
    except OSError as error:
        why, hint = error.strerror or str(error), "Check the path."
    raise UsageError(f"cannot read {path}: {why}.", hint=hint)


def read(stream: IO[bytes], *, max_bytes: int = MAX_LINE_BYTES) -> Iterator[Line]:
    r"""The lines of `stream`, as they come, never more than one chunk and one line in memory.

    Lines end at "\n" alone; one "\r" before it and a BOM at the start are dropped, blank lines are
    counted and skipped, and the last line needs no end.

    Raises UsageError for what is no text at all (an archive, UTF-16), and when reading fails.
    """
    end = 0
    for number, (raw, length) in enumerate(_split(stream, max_bytes), start=1):
        end += length
        if number == 1:
            raw = raw.removeprefix(_BOM)
        if raw.strip():
            yield Line(number, _text(raw.removesuffix(b"\r"), length, max_bytes), end)


def _split(stream: IO[bytes], max_bytes: int) -> Iterator[tuple[bytes, int]]:
    """Each line without its end, cut after `max_bytes`, and how many bytes it had with its end."""
    kept, length = bytearray(), 0
    for chunk in _chunks(stream):
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            kept += piece[: max_bytes + 1 - len(kept)]
            yield bytes(kept), length + len(piece) + 1
            kept, length = bytearray(), 0
        kept += rest[: max_bytes + 1 - len(kept)]
        length += len(rest)
    if length:
        yield bytes(kept), length


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    first = True
    while chunk := _read(stream):
        if first:
            _refuse_other_formats(chunk)
        first = False
        yield chunk


def _read(stream: IO[bytes]) -> bytes:
    # read1: a pipe's lines are passed on as they come, not when a whole chunk is there.
    read1 = getattr(stream, "read1", stream.read)
    try:
        chunk: bytes = read1(CHUNK_BYTES)
    except OSError as error:
        name = getattr(stream, "name", "the input")
        raise UsageError(
            f"reading {name} failed: {error.strerror or error}.",
            hint="What was read before is in the database; run the command again on a good copy:"
            " an event is taken once, however often it is sent.",
        ) from None
    return chunk


def _refuse_other_formats(start: bytes) -> None:
    for magic, (what, way) in _MAGIC.items():
        if start.startswith(magic):
            raise UsageError(f"the input is {what}, not JSON lines.", hint=f"Try `{way}`.")


def _text(raw: bytes, length: int, max_bytes: int) -> str:
    notes = []
    if len(raw) > max_bytes:
        raw = raw[:max_bytes]
        notes.append(f"cut after {max_bytes} of {length} bytes")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        text = raw.decode("utf-8", "backslashreplace")
        if error.end < len(raw) or not notes:  # the cut itself may have torn a character
            notes.append("not UTF-8, such bytes are shown as \\xNN")
    if "\0" in text:
        text = text.replace("\0", "\\x00")
        notes.append("holds NUL bytes, shown as \\x00")
    return f"{text} [setterbase: {'; '.join(notes)}]" if notes else text
