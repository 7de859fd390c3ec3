"""One file per form of report; each turns a Report into text."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from setterbase.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from setterbase.prover.verdict import Report


class Form(StrEnum):
    """How the verdict is written to stdout."""

    table = "table"
    json = "json"
    junit = "junit"
    sarif = "sarif"
    markdown = "markdown"


_BY_SUFFIX = {
    ".txt": Form.table,
    ".json": Form.json,
    ".xml": Form.junit,
    ".sarif": Form.sarif,
    ".md": Form.markdown,
}


def form_of(path: Path) -> Form:
    """The form that a file's name asks for; raises UsageError when it asks for none."""
    if path.suffix not in _BY_SUFFIX:
        raise UsageError(
            f"{path} does not say which form it is to have.",
            hint=f"Let its name end in {', '.join(_BY_SUFFIX)}.",
        )
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}.", hint="Make it first.")
    return _BY_SUFFIX[path.suffix]


def save(report: Report, path: Path) -> None:
    """Writes the report into a file, in the form that its name asks for. Raises UsageError."""
    try:
        path.write_text(render(report, form_of(path)) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}.") from None


def render(report: Report, form: Form) -> str:
    """The report in one of its forms."""
    import json

    from setterbase.prover.report import junit, markdown, sarif, terminal

    match form:
        case Form.json:
            return json.dumps(report.as_dict(), ensure_ascii=False, indent=2)
        case Form.junit:
            return junit.render(report)
        case Form.sarif:
            return sarif.render(report)
        case Form.markdown:
            return markdown.render(report)
        case _:
            return terminal.render(report)
