"""The sample stream gives exactly its figures: shuffled, in any batches, and twice over."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.events import add_coach
from tests.support.servers import Connection

DATA = Path(__file__).resolve().parents[2] / "data"
EXPECTED: dict[str, Any] = json.loads((DATA / "conversations.expected.json").read_text("utf-8"))
# The plainest first, which hypothesis tries first: a thousand batches of one take a while.
SIZES = st.sampled_from([400, 97, 33, 7, 2, 1])
AS_OF = "2026-10-31T12:00:00Z"

# Bytes that are no UTF-8 come to the database as the command line sends them: as U+FFFD.
LINES = (DATA / "conversations.jsonl").read_text("utf-8", errors="replace").split("\n")
LINES = [line for line in LINES if line.strip()]


def ingest(db: Connection, lines: list[str], sizes: list[int]) -> dict[str, int]:
    """Deliver all lines in batches of these sizes, repeated as often as needed."""
    total = dict.fromkeys(("accepted", "duplicates", "dead_letters"), 0)
    start = turn = 0
    while start < len(lines):
        size = sizes[turn % len(sizes)]
        row = db.execute(
            "select private.ingest_lines(%s) - 'results'", [lines[start : start + size]]
        ).fetchone()
        assert row is not None
        total = {key: count + row[0][key] for key, count in total.items()}
        start, turn = start + size, turn + 1
    return total


def figures(db: Connection, coach: str) -> dict[str, Any]:
    """What the public API says of a coach, in the form of the expected file."""

    def ask(query: str) -> Any:
        row = db.execute(query.encode(), {"coach": coach, "as_of": AS_OF}).fetchone()
        return None if row is None else row[0]

    rows = "select coalesce(jsonb_agg(to_jsonb(f)), '[]') from public.{} as f"
    kpis = ask("select public.get_dashboard(%(coach)s, %(as_of)s) -> 'kpis'")
    wanted = EXPECTED["coaches"][coach]["dashboard"]
    return {
        "dashboard": {code: kpis[code]["value"] for code in wanted},
        "response_rates": ask("select to_jsonb(f) from public.get_response_rates(%(coach)s) as f"),
        "top_sources": ask(rows.format("get_top_sources(%(coach)s, 5)")),
        "top_professions": ask(rows.format("get_top_professions(%(coach)s, 5)")),
        "loss_reasons": ask(
            "select jsonb_object_agg(loss_reason, lead_count)"
            " from public.get_loss_reasons(%(coach)s)"
        ),
        "followups": ask(
            "select jsonb_object_agg(priority, leads) from (select priority, count(*) as leads"
            " from public.get_leads_to_followup(%(coach)s, %(as_of)s) group by priority) as f"
        ),
    }


@pytest.fixture(autouse=True)
def coaches(db: Connection) -> None:
    for coach in EXPECTED["coaches"]:
        add_coach(db, coach)


def check(db: Connection) -> None:
    db.execute("select private.refresh_kpis()")
    found = {coach: figures(db, coach) for coach in EXPECTED["coaches"]}
    assert found == EXPECTED["coaches"]


def test_the_stream_as_it_is(db: Connection) -> None:
    assert ingest(db, LINES, [100]) == {
        key: EXPECTED[key] for key in ("accepted", "duplicates", "dead_letters")
    }
    check(db)
    again = ingest(db, LINES, [len(LINES)])
    assert again == {
        "accepted": 0,
        "duplicates": EXPECTED["accepted"] + EXPECTED["duplicates"],
        "dead_letters": EXPECTED["dead_letters"],
    }
    check(db)


@pytest.mark.slow
@settings(max_examples=2)
@given(seed=st.integers(0, 2**32), sizes=st.lists(SIZES, min_size=1, max_size=5))
def test_the_stream_in_any_order_and_batches_and_twice(
    db: Connection, seed: int, sizes: list[int]
) -> None:
    lines = LINES * 2
    random.Random(seed).shuffle(lines)
    with db.transaction(force_rollback=True):
        told = ingest(db, lines, sizes)
        assert told["accepted"] == EXPECTED["accepted"]
        check(db)
