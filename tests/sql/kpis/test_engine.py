"""The refresh adds what changed to what it counted: whatever was written, the sums stay exact.

A machine writes, moves, deletes, ingests late, changes zones and settings, truncates, lets days end
and refreshes, in any order. After every refresh, materialized = live = counted from scratch. After
every write, what is kept and what is marked give the tops, funnel and rates that the rows give.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.sql.kpis import lists, worlds
from tests.sql.kpis.exact import assert_exact, marks
from tests.support.events import COACH, OTHER, add_coach, apply, event
from tests.support.servers import Connection

COACHES = (COACH, OTHER)
LEADS = [UUID(int=number, version=4) for number in range(1, 7)]
MESSAGES = [UUID(int=number, version=4) for number in range(101, 113)]

coaches = st.sampled_from(COACHES)
leads = st.sampled_from(LEADS)
some_leads = st.lists(leads, min_size=1, max_size=3, unique=True)
some_messages = st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=3, unique=True)
directions = st.sampled_from(["in", "out"])

# Assignments to leads; each may meet any status and any milestones.
CHANGES = [
    "status = 'won'",
    "status = 'lost'",
    "status = 'relance', status_changed_at = {at}",
    "status = 'engaged', status_changed_at = null",
    "status = 'new'",
    "won_at = {at}",
    "won_at = null",
    "lost_at = {at}",
    "created_at = {at}",
    "created_at = {at}, deal_value = 0.5",
    "qualified_at = {at}",
    "qualified_at = null, call_proposed_at = null, call_booked_at = null, won_at = null",
    "call_booked_at = {at}",
    "call_attended_at = {at}",
    "call_no_show_at = {at}",
    "lead_magnet_sent_at = {at}",
    "time_to_action_minutes = 7",
    "time_to_action_minutes = null",
    "deal_value = 12.34",
    "deal_value = null",
    "gender = 'female', age = 40, email = 'x@example.com'",
    "gender = null, age = null, email = null",
    "source = 'bio', job_title = 'Chef'",
    "status = 'lost', loss_reason = 'price'",
    "loss_reason = 'time'",
    "engaged_at = null, qualified_at = null, call_proposed_at = null, call_booked_at = null",
]


class Engine(RuleBasedStateMachine):
    """A world of two tenants under random writes; `db` is set by the test."""

    db: Connection

    def __init__(self) -> None:
        super().__init__()
        self.refreshed = False
        self.db.execute("savepoint example")
        for coach in COACHES:
            add_coach(self.db, coach)

    def teardown(self) -> None:
        self.db.execute("rollback to savepoint example")

    def at(self, moment: Any) -> str:
        if isinstance(moment, timedelta):
            return f"now() - interval '{moment.total_seconds()} seconds'"
        return f"'{moment}'::timestamptz"

    def write(self, statement: str, *values: Any) -> None:
        self.db.execute(statement.encode(), values or None)
        self.refreshed = False

    @initialize(
        zone=st.sampled_from(worlds.ZONES), of_any_length=st.sampled_from([True, True, False])
    )
    def begin(self, zone: str, of_any_length: bool) -> None:
        self.write("update public.coachs set timezone = %s where id = %s", zone, OTHER)
        self.db.execute("select private.refresh_kpis()")
        if of_any_length:
            lists.read_logs_of_any_length(self.db)

    @rule(lead=leads, coach=coaches, fields=worlds.leads)
    def make_lead(self, lead: UUID, coach: UUID, fields: dict[str, Any]) -> None:
        row = self.db.execute("select now()").fetchone()
        assert row is not None
        columns = {key: worlds.absolute(value, row[0]) for key, value in fields.items()}
        self.write(
            f"insert into public.leads (id, coach_id, {', '.join(columns)})"
            f" select %s, c.id{', %s' * len(columns)} from public.coachs as c where c.id = %s"
            " on conflict do nothing",
            lead,
            *columns.values(),
            coach,
        )

    @rule(which=some_leads, change=st.sampled_from(CHANGES), moment=worlds.moments)
    def change_leads(self, which: list[UUID], change: str, moment: Any) -> None:
        assignments = change.format(at=self.at(moment))
        self.write(f"update public.leads set {assignments} where id = any(%s)", which)

    @rule(which=some_leads)
    def delete_leads(self, which: list[UUID]) -> None:
        self.write("delete from public.leads where id = any(%s)", which)

    @rule(lead=leads, coach=coaches)
    def move_a_lead_to_another_tenant(self, lead: UUID, coach: UUID) -> None:
        self.write(
            "update public.leads as l set coach_id = c.id from public.coachs as c"
            " where c.id = %s and l.id = %s and l.first_message_at is null"
            " and not exists (select from private.lead_versions as v where v.lead_id = l.id)"
            " and not exists (select from public.lead_status_history as h where h.lead_id = l.id)",
            coach,
            lead,
        )

    @rule(
        which=some_messages, lead=leads, direction=directions, moment=worlds.moments,
        step=st.sampled_from([0, 1, 3600, -3600]),
    )  # fmt: skip
    def send_messages(
        self, which: list[UUID], lead: UUID, direction: str, moment: Any, step: int
    ) -> None:
        self.write(
            "insert into public.messages (id, coach_id, lead_id, direction, created_at)"
            f" select m.id, l.coach_id, l.id, %s, {self.at(moment)}"
            " + interval '1 second' * %s * m.number"
            " from unnest(%s::uuid[]) with ordinality as m (id, number)"
            " cross join public.leads as l where l.id = %s on conflict do nothing",
            direction,
            step,
            which,
            lead,
        )

    @rule(which=some_messages, moment=worlds.moments)
    def move_messages_in_time(self, which: list[UUID], moment: Any) -> None:
        self.write(
            f"update public.messages set created_at = {self.at(moment)} where id = any(%s)", which
        )

    @rule(which=some_messages, lead=leads)
    def move_messages_to_another_lead(self, which: list[UUID], lead: UUID) -> None:
        self.write(
            "update public.messages as m set lead_id = l.id, coach_id = l.coach_id"
            " from public.leads as l where l.id = %s and m.id = any(%s)",
            lead,
            which,
        )

    @rule(which=some_messages, direction=directions)
    def turn_messages(self, which: list[UUID], direction: str) -> None:
        self.write("update public.messages set direction = %s where id = any(%s)", direction, which)

    @rule(which=some_messages)
    def delete_messages(self, which: list[UUID]) -> None:
        self.write("delete from public.messages where id = any(%s)", which)

    @rule(
        coach=coaches,
        at=st.sampled_from(worlds.EDGES),
        fields=st.sampled_from(
            [
                {"kind": "message", "direction": "in"},
                {"kind": "message", "direction": "out"},
                {"kind": "status", "status": "won", "deal_value": 99.9},
                {"kind": "status", "status": "relance"},
                {"kind": "call", "outcome": "booked"},
                {"kind": "call", "outcome": "no_show"},
                {"kind": "lead", "age": 30, "gender": "male"},
            ]
        ),
    )
    def ingest(self, coach: UUID, at: Any, fields: dict[str, Any]) -> None:
        if self.db.execute("select from public.coachs where id = %s", [coach]).fetchone() is None:
            return
        apply(self.db, event(at=at.isoformat(), coach_id=str(coach), **fields))
        self.refreshed = False

    @rule(zone=st.sampled_from(worlds.ZONES), coach=coaches)
    def move_to_another_zone(self, zone: str, coach: UUID) -> None:
        self.write("update public.coachs set timezone = %s where id = %s", zone, coach)

    @rule(
        assignment=st.sampled_from(
            [
                "acquisition_cost_per_lead = 3.5",
                "email_estimate_pct = 10",
                "followup_after_days = 5",
            ]
        ),
        coach=coaches,
    )
    def change_settings(self, assignment: str, coach: UUID) -> None:
        self.write(f"update public.coach_settings set {assignment} where coach_id = %s", coach)

    @rule(table=st.sampled_from(["messages", "leads", "message_sequences"]))
    def truncate(self, table: str) -> None:
        self.write(f"truncate public.{table} cascade")

    @rule(coach=coaches, again=st.booleans())
    def delete_a_tenant(self, coach: UUID, again: bool) -> None:
        self.write("delete from public.coachs where id = %s", coach)
        if again:
            add_coach(self.db, coach, timezone="Asia/Kathmandu")

    @rule()
    def end_the_day(self) -> None:
        """The dashboards stand as if every zone's midnight had come since."""
        self.db.execute("update private.kpi_zones set today = today - 1")
        self.db.execute("refresh materialized view private.coach_dashboard_kpis")
        self.refreshed = False

    @rule(full=st.sampled_from([False, False, False, True]))
    def refresh(self, full: bool) -> None:
        row = self.db.execute("select private.refresh_kpis(%s) ->> 'status'", [full]).fetchone()
        assert row in [("refreshed",), ("unchanged",)]
        self.refreshed = True

    @invariant()
    def answers_are_those_of_the_rows(self) -> None:
        lists.assert_lists(self.db, COACHES)

    @invariant()
    @precondition(lambda self: self.refreshed)
    def all_three_agree(self) -> None:
        assert_exact(self.db)
        assert marks(self.db) == 0


def run(db: Connection, examples: int) -> None:
    class Machine(Engine):
        pass

    Machine.db = db
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=examples, stateful_step_count=25)
    )


@pytest.mark.legs(18)
def test_whatever_is_written_the_sums_stay_exact(db: Connection) -> None:
    run(db, 12)


@pytest.mark.slow
def test_the_same_for_longer(db: Connection) -> None:
    run(db, 150)
