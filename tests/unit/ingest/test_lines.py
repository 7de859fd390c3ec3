"""Whatever bytes a file holds, its lines come out as texts that PostgreSQL stores."""

from __future__ import annotations

import io
import json
import os
import threading
import tracemalloc
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setterbase.errors import UsageError
from setterbase.ingest import lines


def texts(content: bytes, max_bytes: int = lines.MAX_LINE_BYTES) -> list[str]:
    return [line.text for line in lines.read(io.BytesIO(content), max_bytes=max_bytes)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"\n\n  \n\t\r\n", []),
        (b"a\nb\n", ["a", "b"]),
        (b"a\nb", ["a", "b"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\r\r\nb\rc\n", ["a\r", "b\rc"]),
        (b'\xef\xbb\xbf{"a":1}\n', ['{"a":1}']),
        ("é\u2028x\x85y\x0bz\n".encode(), ["é\u2028x\x85y\x0bz"]),  # only \n ends a line
    ],
)
def test_splits_at_newlines_alone(content: bytes, expected: list[str]) -> None:
    assert texts(content) == expected


def test_numbers_are_those_of_an_editor_and_ends_those_of_the_file() -> None:
    found = list(lines.read(io.BytesIO(b"one\n\nthree\r\n  \nfive")))
    assert [(line.number, line.text, line.end) for line in found] == [
        (1, "one", 4),
        (3, "three", 12),
        (5, "five", 19),
    ]


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ('{"a": "caf\xe9"}'.encode("latin-1"), '{"a": "caf\\xe9"}'),
        (b'{"a": "\\\xe9"}', '{"a": "\\\\xe9"}'),  # shown like this it would be JSON
        (b'{"a": "x\0y"}', '{"a": "x\\x00y"}'),
        (b'{"a": "\xed\xa0\x80"}', '{"a": "\\xed\\xa0\\x80"}'),  # half a surrogate pair
        (b"\xff\xfe", "\\xff\\xfe"),
    ],
)
def test_what_is_no_text_is_shown_and_can_be_no_event(content: bytes, shown: str) -> None:
    [text] = texts(content)
    assert text.startswith(shown)
    assert "[setterbase: " in text
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


def test_an_endless_line_is_cut_and_said_to_be() -> None:
    event = b'{"a": 1}'
    assert texts(event + b" " * 92 + b"\nnext\n", max_bytes=50) == [
        '{"a": 1}' + " " * 42 + " [setterbase: cut after 50 of 101 bytes]",
        "next",
    ]
    assert texts(b"x" * 50 + b"\n", max_bytes=50) == ["x" * 50]
    # The cut goes through a character: that is no fault of the line's.
    assert texts("é".encode() * 40, max_bytes=51)[0].endswith(
        "[setterbase: cut after 51 of 80 bytes]"
    )


class Endless(io.RawIOBase):
    """100 MB without a newline."""

    left = 100 << 20

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        size = min(len(view), self.left)
        view[:size] = b"x" * size
        self.left -= size
        return size

    def readable(self) -> bool:
        return True


def test_memory_stays_small_whatever_the_line_holds() -> None:
    tracemalloc.start()
    [line] = lines.read(io.BufferedReader(Endless()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert line.end == 100 << 20
    assert peak < 16 << 20


def end(source: IO[bytes]) -> None:
    source.write(b"ond\n")
    source.close()


def test_a_pipe_is_read_as_it_comes() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream, os.fdopen(writing, "wb", buffering=0) as source:
        source.write(b"first\nsec")
        found = lines.read(stream)
        assert next(found).text == "first"  # without waiting for a chunk to be full
        threading.Timer(0.05, end, [source]).start()
        assert [line.text for line in found] == ["second"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x1f\x8b\x08\x00", "is gzip"),
        (b"PK\x03\x04", "a zip archive"),
        ('{"a": 1}\n'.encode("utf-16"), "UTF-16"),
        (b"\xfe\xff" + '{"a": 1}\n'.encode("utf-16-be"), "UTF-16"),
    ],
)
def test_another_format_is_refused_before_it_makes_a_thousand_dead_letters(
    content: bytes, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        texts(content)


def test_a_failing_disk_is_told(tmp_path: Path) -> None:
    class Failing(io.BytesIO):
        name = "the tape"

        def read1(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(UsageError, match=r"reading the tape failed: Input/output error\."):
        list(lines.read(Failing()))


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    for path, words in (
        (tmp_path / "none", "no such file"),
        (tmp_path, "a folder"),
        (tmp_path / ("x" * 300), "name too long"),
    ):
        with pytest.raises(UsageError, match=words):
            lines.open_file(path)


def chunked(content: bytes, size: int) -> IO[bytes]:
    class Chunks(io.BytesIO):
        def read1(self, _size: int | None = -1) -> bytes:
            return self.read(size)

    return Chunks(content)


@given(
    st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"")), max_size=8),
    st.integers(1, 12),
    st.integers(1, 40),
)
def test_chunks_make_no_difference(parts: list[bytes], size: int, max_bytes: int) -> None:
    content = b"x\n" + b"\n".join(parts)  # x: so that no part stands where an archive begins
    whole = list(lines.read(io.BytesIO(content), max_bytes=max_bytes))
    assert list(lines.read(chunked(content, size), max_bytes=max_bytes)) == whole
    assert "".join(line.text for line in whole).count("\0") == 0
    for line in whole:
        line.text.encode("utf-8")
