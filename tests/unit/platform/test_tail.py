"""The end of a growing file."""

from __future__ import annotations

from pathlib import Path

from setterbase.platform.tail import tail


def test_gives_the_last_lines_without_their_ends(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\ntwo\nthree\n")
    assert list(tail(log, 2, follow=False)) == ["two", "three"]
    assert list(tail(log, 0, follow=False)) == []
    assert list(tail(log, 9, follow=False)) == ["one", "two", "three"]


def test_bytes_that_are_no_text_do_not_stop_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"caf\xe9\n")
    assert list(tail(log, 1, follow=False)) == ["caf\ufffd"]


def test_follows_whole_lines_into_a_file_that_replaced_the_old_one(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("old and long\n")
    lines = tail(log, 1, follow=True)
    assert next(lines) == "old and long"
    with log.open("a") as stream:
        stream.write("first ")
        stream.flush()
        stream.write("half\n")
    assert next(lines) == "first half"
    (tmp_path / "new").write_text("anew\n")
    (tmp_path / "new").replace(log)
    assert next(lines) == "anew"
