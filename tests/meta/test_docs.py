"""The documents say what the code does: the reference is current, every code is listed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from setterbase import errors

ROOT = Path(__file__).resolve().parents[2]


def test_the_command_reference_is_current(tmp_path: Path) -> None:
    written = tmp_path / "cli.md"
    subprocess.run(
        [
            *(sys.executable, "-m", "typer", "setterbase.main", "utils", "docs"),
            *("--name", "setterbase", "--title", "The setterbase command"),
            *("--output", str(written)),
        ],
        check=True,
        capture_output=True,
    )
    current = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert written.read_text(encoding="utf-8") == current, "run `make docs`"


def test_every_exit_code_is_listed() -> None:
    listed = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    codes = {
        error.exit_code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.SetterbaseError)
    }
    assert codes <= {int(code) for code in re.findall(r"^\| (\d+) \|", listed, re.MULTILINE)}


def test_every_reason_of_a_dead_letter_is_listed() -> None:
    listed = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    ingest = ROOT / "sql" / "30_ingest"
    source = "".join(path.read_text(encoding="utf-8") for path in ingest.glob("3*.sql"))
    for code in set(re.findall(r"'([a-z_]+(?:%s)?): ", source)):
        assert f"`{code.removesuffix('%s')}" in listed, code


def test_links_between_documents_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.relative_to(ROOT)} → {link}"
