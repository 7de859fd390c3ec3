"""Finding and reading migrations: what is taken, what is passed over, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from setterbase.errors import MigrationError, UsageError
from setterbase.migrations import files


def write(folder: Path, *names: str, content: bytes = b"select 1;") -> Path:
    for name in names:
        (folder / name).write_bytes(content)
    return folder


def test_files_come_in_the_order_of_their_versions(tmp_path: Path) -> None:
    write(tmp_path, "20260201000000_a.sql", "20260101000000_z.sql", "20260101000001_b.sql")
    assert [(f.version, f.name) for f in files.discover(tmp_path)] == [
        ("20260101000000", "z"),
        ("20260101000001", "b"),
        ("20260201000000", "a"),
    ]


def test_other_kinds_of_file_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "README.md", ".gitkeep", ".20260101000000_swap.sql", "20260101000000_a.sql~")
    (tmp_path / "20260101000000_folder.sql").mkdir()
    assert files.discover(tmp_path) == []


@pytest.mark.parametrize(
    "name",
    [
        "a.sql",
        "1_a.sql",
        "2026010100000_a.sql",
        "20260101000000.sql",
        "20260101000000_.sql",
        "20260101000000-a.sql",
        "202601010000001_a.sql",
        "20260101000000_a.SQL",
    ],
)
def test_a_file_that_no_tool_would_apply_is_refused(tmp_path: Path, name: str) -> None:
    """The official CLI skips it with a remark, and its author believes it was applied."""
    with pytest.raises(MigrationError, match=r"is not named like a migration.*Rename it"):
        files.discover(write(tmp_path, name))


def test_two_files_of_one_version_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "20260101000000_a.sql", "20260101000000_b.sql")
    with pytest.raises(MigrationError, match=r"_a\.sql and 20260101000000_b\.sql have the same"):
        files.discover(tmp_path)


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="migrate new NAME"):
        files.discover(tmp_path / "nowhere")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    write(tmp_path, "20260101000000_a.sql", content=b"\xef\xbb\xbfselect 1;")
    assert files.discover(tmp_path)[0].recorded == ["select 1"]


def test_text_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, "20260101000000_a.sql", content="-- un\nselect 'é';".encode("latin-1"))
    with pytest.raises(MigrationError, match=r"_a\.sql is not UTF-8: byte 0xe9 on line 2"):
        files.discover(tmp_path)


def test_utf16_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "20260101000000_a.sql", content="select 1;".encode("utf-16-le"))
    with pytest.raises(MigrationError, match=r"zero byte on line 1.*UTF-16"):
        files.discover(tmp_path)
