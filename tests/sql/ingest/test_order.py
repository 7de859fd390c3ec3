"""Order of arrival does not matter: generated streams end alike, however they come."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.events import COACH, OTHER, Event, add_coach, deliver
from tests.support.servers import Connection

START = datetime(2026, 10, 24, 21, 0, tzinfo=UTC)

# Few instants, so that ties in `at` are common.
INSTANTS = st.integers(0, 9).map(lambda n: (START + timedelta(hours=n)).isoformat())
WORDS = st.sampled_from([None, "", "a", "B", "é", " z "])
REASONS = st.sampled_from([None, "price", "TIME", "trop cher", "Ma sœur", "other"])
STAGES = ("engaged", "qualified", "call_proposed", "call_booked", "won", "lost", "relance")

BODIES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("lead")},
        optional={
            "first_name": WORDS,
            "last_name": WORDS,
            "job_title": WORDS,
            "source": WORDS,
            "email": WORDS,
            "gender": st.sampled_from([None, "male", "female", "other"]),
            "age": st.one_of(st.none(), st.integers(0, 130)),
        },
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("message"),
            "direction": st.sampled_from(["in", "out"]),
            "text": st.sampled_from([None, "Bonjour", "💬"]),
        }
    ),
    st.fixed_dictionaries(
        {"type": st.just("status"), "status": st.sampled_from(STAGES)},
        optional={
            "deal_value": st.sampled_from([None, 0, 10, 10.0, 99.99, 1000]),
            "loss_reason": REASONS,
        },
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("call"),
            "outcome": st.sampled_from(["proposed", "booked", "attended", "no_show"]),
        }
    ),
    st.just({"type": "lead_magnet"}),
)


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[Event], list[Event], list[int]]:
    """Events, the same in another order with some repeated, and the sizes of batches."""
    bodies = draw(st.lists(BODIES, min_size=1, max_size=14))
    events = [
        {
            "id": f"event-{number}",
            "coach_id": str(draw(st.sampled_from([COACH, OTHER]))),
            "contact_id": draw(st.sampled_from(["c1", "c2"])),
            "at": draw(INSTANTS),
            **body,
        }
        for number, body in enumerate(bodies)
    ]
    # An Instagram name belongs to one contact; two that claim it are a conflict of their own.
    for one in events:
        if one["type"] == "lead":
            one["user_id_instagram"] = f"ig-{one['contact_id']}"
    repeated = draw(st.lists(st.sampled_from(events), max_size=4))
    shuffled = draw(st.permutations(events + repeated))
    return events, shuffled, draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))


# Random ids, the present, and the order of arrival itself are left out.
OUTCOME = """
select jsonb_build_object(
  'leads', (
    select jsonb_agg(to_jsonb(l) - '{id,updated_at}'::text[] order by l.coach_id, l.contact_id)
    from public.leads as l
  ),
  'messages', (
    select jsonb_agg(to_jsonb(m) - 'lead_id' || jsonb_build_object('contact', l.contact_id)
      order by m.id)
    from public.messages as m inner join public.leads as l on l.id = m.lead_id
  ),
  'sequences', (
    select jsonb_agg(to_jsonb(s) - '{id,lead_id}'::text[]
      || jsonb_build_object('contact', l.contact_id) order by l.coach_id, l.contact_id)
    from public.message_sequences as s inner join public.leads as l on l.id = s.lead_id
  ),
  'kpis', (
    select jsonb_agg(to_jsonb(k) - 'last_updated' order by k.coach_id)
    from public.coach_dashboard_kpis as k
  ),
  'dead', (select count(*) from private.dead_letters)
)
"""


def outcome(db: Connection, events: list[Event], sizes: list[int]) -> Any:
    """What the database holds after these batches; nothing of it remains."""
    with db.transaction(force_rollback=True):
        start = turn = 0
        while start < len(events):
            size = sizes[turn % len(sizes)]
            deliver(db, *events[start : start + size])
            start, turn = start + size, turn + 1
        db.execute("select private.refresh_kpis()")
        row = db.execute(OUTCOME).fetchone()
    assert row is not None
    return row[0]


@settings(max_examples=25)
@given(streams())
def test_any_order_and_any_batches_end_alike(
    db: Connection, stream: tuple[list[Event], list[Event], list[int]]
) -> None:
    events, shuffled, sizes = stream
    with db.transaction(force_rollback=True):
        add_coach(db)
        add_coach(db, OTHER)
        by_time = sorted(events, key=lambda e: (e["at"], e["id"]))
        expected = outcome(db, by_time, [1])
        assert expected["dead"] == 0
        assert outcome(db, shuffled, sizes) == expected, json.dumps(shuffled)
