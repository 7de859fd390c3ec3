"""`setterbase health`: whether the backend does what it should, for people and for monitoring."""

from __future__ import annotations

from typing import Annotated

import typer

from setterbase import output
from setterbase.commands.options import OutputReport, Report
from setterbase.commands.session import connected, project_files


def health(
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 also when it is degraded.")
    ] = False,
    form: OutputReport = Report.table,
) -> None:
    """Tell whether figures are fresh, jobs run, events wait, migrations are applied.

    ok, degraded (somebody should look; clients notice nothing) or failing. Nothing is started for
    it: an embedded platform that is down is told as such, with exit code 5. Exit codes: 0 ok or
    degraded, 1 failing, 5 and 6 when nobody answers.

    Example: setterbase health --strict --output json
    """
    from setterbase import health as library
    from setterbase.health import Condition

    with connected(start=False) as connection:
        found = library.ask(connection, project_files())
    if form is Report.json:
        output.as_json(found.told())
    else:
        from setterbase.render.health import health as drawn
        from setterbase.render.page import page

        output.text(page(drawn(found), unbound=True))
    bad = (Condition.FAILING, Condition.DEGRADED) if strict else (Condition.FAILING,)
    if found.status in bad:
        raise typer.Exit(1)
