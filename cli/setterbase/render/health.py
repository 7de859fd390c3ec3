"""How the backend stands, a line a part."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from setterbase.health import Condition, Health, Part

COLOURS = {
    Condition.OK: "green",
    Condition.UNKNOWN: "dim",
    Condition.DEGRADED: "yellow",
    Condition.FAILING: "bold red",
}


def health(found: Health) -> Table:
    """The whole first, then each part with what there is to know of it."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_row("all", _word(found.status), f"PostgreSQL {found.postgres}")
    now = datetime.fromisoformat(found.checked_at)
    for part in found.parts:
        for number, line in enumerate(_lines(part, now)):
            name = part.name.replace("_", " ") if number == 0 else ""
            table.add_row(name, _word(part.status) if number == 0 else "", line)
    return table


def _word(condition: Condition) -> Text:
    return Text(condition, style=COLOURS[condition])


def _lines(part: Part, now: datetime) -> list[str]:
    match part.name:
        case "kpis":
            return [_kpis(part, now)]
        case "jobs":
            return [_job(job, part.facts["runner"], now) for job in part.facts["list"]]
        case "dead_letters":
            return [_dead_letters(part, now)]
        case "migrations":
            return [_migrations(part)]
        case _:
            return [""]


def _kpis(part: Part, now: datetime) -> str:
    at = part.facts["last_refresh_at"]
    if at is None:
        return "never refreshed" + (
            "; there is no coach yet" if part.status is Condition.OK else ": `kpis refresh`"
        )
    told = f"refreshed {ago(now, at)}"
    if part.status is Condition.OK:
        return told
    return f"{told}, and a job should do so every 5 minutes; see `setterbase doctor`"


def _job(job: dict[str, Any], runner: str, now: datetime) -> str:
    at = job["last_run_at"]
    ran = f"ran {ago(now, at)}" if at else "has not run yet"
    more = {
        "failed": "and failed; `setterbase doctor` shows why",
        "missing": "and is not scheduled; see `setterbase doctor`",
    }.get(job["state"], f"by {runner.replace('_', ' ')}" if at else "")
    return f"{job['name']} {ran} {more}".rstrip()


def _dead_letters(part: Part, now: datetime) -> str:
    waiting = part.facts["waiting"]
    if not waiting:
        return "none"
    are = "waits" if waiting == 1 else "wait"
    return (
        f"{waiting:,} {are}, the oldest came {ago(now, part.facts['oldest_at'])};"
        " `setterbase dead-letters list`"
    )


def _migrations(part: Part) -> str:
    last = part.facts["last"]
    told = f"last {last}" if last else "none recorded"
    if part.status is Condition.UNKNOWN:
        return f"{told}; this is no project's folder, so nobody knows of later ones"
    wrong = [
        f"{part.facts[name]} {words}"
        for name, words in (("pending", "pending"), ("drifted", "in disagreement"))
        if part.facts[name]
    ]
    return f"{told}; {', '.join(wrong)}: `setterbase migrate status`" if wrong else told


def ago(now: datetime, then: str) -> str:
    """How long before, in one unit."""
    seconds = max(int((now - datetime.fromisoformat(then)).total_seconds()), 0)
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} second{'' if seconds == 1 else 's'} ago"
