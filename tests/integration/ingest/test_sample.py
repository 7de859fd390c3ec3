"""The sample stream gives exactly the figures that it must, on every PostgreSQL."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import UUID

from setterbase.db import rows
from setterbase.ingest import lines, load
from setterbase.kpis import dashboards, leads
from tests.support.sample import AS_OF, EXPECTED, STREAM, add_coaches
from tests.support.servers import Connection, Database

COUNTS = {name: EXPECTED[name] for name in ("accepted", "duplicates", "dead_letters")}


def send(connection: Connection, batch_size: int = 500) -> load.Report:
    with STREAM.open("rb") as stream:
        return load.load(connection, lines.read(stream), batch_size=batch_size)


def figures(connection: Connection, *, live: bool) -> dict[str, Any]:
    """What the CLI's library says of each coach, in the shape of the expected figures."""
    ids = [UUID(one) for one in EXPECTED["coaches"]]
    flat = {
        row["coach_id"]: row for row in dashboards.kpi_rows(connection, ids, as_of=AS_OF, live=live)
    }
    boards = {
        one.coach_id: one for one in dashboards.dashboards(connection, ids, as_of=AS_OF, live=live)
    }
    told = {}
    for one in ids:
        expected = EXPECTED["coaches"][str(one)]
        shown = {code: figure.value for code, figure in boards[one].kpis.items()}
        assert shown == {code: plain(flat[one][code]) for code in shown}
        due = leads.followups(connection, one, as_of=AS_OF)
        assert due.total == len(due.leads) == sum(boards[one].followups.values())
        assert boards[one].top_sources == simple(leads.sources(connection, one, limit=3))
        told[str(one)] = {
            "dashboard": {code: shown[code] for code in expected["dashboard"]},
            "response_rates": {code: shown[code] for code in expected["response_rates"]},
            "top_sources": simple(leads.sources(connection, one, limit=5)),
            "top_professions": simple(leads.professions(connection, one, limit=5)),
            "loss_reasons": {
                row["loss_reason"]: row["lead_count"] for row in boards[one].loss_reasons
            },
            "followups": dict(Counter(lead["priority"] for lead in due.leads)),
        }
    return told


def simple(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: plain(value) for name, value in row.items()} for row in found]


def plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def test_whole_and_twice_over(clone: Database) -> None:
    with clone.connect(autocommit=True) as connection:
        add_coaches(connection)
        report = send(connection)
        assert report.counts == COUNTS
        assert report.line == report.lines == 972
        assert report.end == STREAM.stat().st_size
        assert sum(report.reasons.values()) == len(report.examples) == 12
        assert dashboards.refresh(connection).status == "refreshed"
        assert figures(connection, live=False) == EXPECTED["coaches"]
        assert figures(connection, live=True) == EXPECTED["coaches"]

        again = send(connection, batch_size=97)
        assert again.counts == {"accepted": 0, "duplicates": 960, "dead_letters": 12}
        assert dashboards.refresh(connection).days == 0
        assert figures(connection, live=False) == EXPECTED["coaches"]
        waiting = rows(connection, "dead_letters", {"all": True, "limit": None})
        assert [letter["deliveries"] for letter in waiting] == [2] * 12
