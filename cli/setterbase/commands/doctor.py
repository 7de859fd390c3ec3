"""`setterbase doctor`: what is wrong with a target, and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from setterbase import output
from setterbase.commands.options import OutputReport, Report
from setterbase.commands.session import explained, project_files

if TYPE_CHECKING:
    from setterbase.doctor.model import Result


def doctor(form: OutputReport = Report.table) -> None:
    """Look at keys, addresses, the API, roles, grants, jobs and settings, and tell what to mend.

    Nothing is changed or started, and no key or password is shown. What could not be looked at is
    said. Exit code 1 when there is a problem; warnings alone give 0.

    Example: setterbase doctor --output json
    """
    import psycopg

    from setterbase.doctor.examine import examine
    from setterbase.doctor.model import Verdict

    try:
        results = examine(project_files())
    except psycopg.OperationalError as error:
        told = explained(error, lost=True)
        assert told is not None
        raise told from None
    if form is Report.json:
        output.as_json([_plain(result) for result in results])
    else:
        from setterbase.render.doctor import doctor as drawn
        from setterbase.render.page import page

        output.text(page(drawn(results), unbound=True))
    if any(result.verdict is Verdict.PROBLEM for result in results):
        raise typer.Exit(1)


def _plain(result: Result) -> dict[str, Any]:
    return {
        "check": result.check,
        "title": result.title,
        "verdict": result.verdict,
        "why": result.why,
        "findings": [
            {"verdict": finding.verdict, "what": finding.what, "mend": finding.mend}
            for finding in result.findings
        ],
    }
