"""`setterbase demo`: from nothing to three coaches' dashboards."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from setterbase import output
from setterbase.commands import options
from setterbase.commands.interrupt import interruptible
from setterbase.commands.options import Language, OutputReport, Report

if TYPE_CHECKING:
    from setterbase.demo.run import Shown

FOLLOWUPS = 12


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the demo's database running.")
    ] = False,
    form: OutputReport = Report.table,
    lang: Language = None,
) -> None:
    """Show three coaches' dashboards, made from nothing: a database, its schema, sample events.

    It runs on an embedded database of its own, which is emptied at the start of each run and
    removed at the end. Your own database, here or in DATABASE_URL, is not touched.

    Example: setterbase demo --keep
    """
    from setterbase.demo import run

    output.say("Three coaches and a month of their conversations, on a database of its own:")
    with interruptible("Interrupted; the demo's database is removed."):
        shown = run.run(keep=keep, on_step=lambda what, took: output.say(f"{took:6.2f} s  {what}"))
    output.say(
        f"The sample ends on {run.AS_OF:%Y-%m-%dT%H:%M:%SZ}; everything is shown as of then,"
        " because\nby today's clock nobody would be new and everybody long forgotten.\n"
    )
    if form is Report.json:
        output.as_json(
            {
                "as_of": run.AS_OF,
                "ingest": shown.report.counts,
                "dashboards": shown.rows,
                "followups": shown.followups,
                "isolation": shown.isolation.summary(),
            }
        )
    else:
        _draw(shown, options.language(lang))
    _how_to_go_on(shown)


def _draw(shown: Shown, lang: str) -> None:
    from setterbase.prover.report import terminal
    from setterbase.render import lists
    from setterbase.render.dashboard import dashboard
    from setterbase.render.page import columns, page

    for board in shown.dashboards:
        output.text(page(dashboard(board, shown.catalog, lang=lang, width=columns())))
    drawn = lists.followups(
        shown.followups[:FOLLOWUPS], lang=lang, title=True, more=len(shown.followups) - FOLLOWUPS
    )
    output.text(page(drawn, unbound=True))
    output.text(f"\n{terminal.summary(shown.isolation)}")


def _how_to_go_on(shown: Shown) -> None:
    if shown.home is None:
        output.say("\nThe demo's database is removed; `setterbase demo --keep` leaves it running.")
        return
    lines = [
        "\nThe demo's database runs on. To go on with it:",
        f"  export SETTERBASE_HOME={shlex.quote(str(shown.home))}",
        "  setterbase kpis show --coach camille.laurent@exemple.fr --as-of 2026-10-31T12:00:00Z",
        "  setterbase leads sources --coach camille.laurent@exemple.fr",
        "  setterbase dead-letters list",
        "  setterbase verify",
        '  eval "$(setterbase status --output env)"; psql "$DB_URL"',
        "  setterbase down",
    ]
    if os.environ.get("DATABASE_URL"):
        lines.insert(1, "  unset DATABASE_URL")
    for line in lines:
        output.say(line)
