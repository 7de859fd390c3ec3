"""One file per form of report; each turns a Report into text."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setterbase.prover.verdict import Report


class Form(StrEnum):
    """How the verdict is written to stdout."""

    table = "table"
    json = "json"
    junit = "junit"
    sarif = "sarif"
    markdown = "markdown"


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
