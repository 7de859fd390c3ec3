"""What a write leaves for the next refresh: as little as it changes, and all of it."""

from __future__ import annotations

import pytest

from tests.sql.kpis.exact import assert_exact, marks
from tests.support.events import COACH, add_coach
from tests.support.servers import Connection


def begin(db: Connection, leads: int) -> None:
    """Leads that each sent and got a message, taken up by a refresh."""
    add_coach(db)
    db.execute(
        "insert into public.leads (coach_id, created_at)"
        " select %s, timestamptz '2026-09-01T10:00Z' + n * interval '1 day'"
        " from generate_series(1, %s) as n",
        [COACH, leads],
    )
    for direction, minute in (("out", 0), ("in", 1)):
        say(db, direction, minute)
    db.execute("select private.refresh_kpis()")
    assert marks(db) == 0


def say(db: Connection, direction: str, minute: int) -> None:
    """A message from or to every lead."""
    db.execute(
        "insert into public.messages (coach_id, lead_id, direction, created_at)"
        " select coach_id, id, %s, %s from public.leads",
        [direction, f"2026-10-01T10:{minute:02}:00Z"],
    )


@pytest.mark.parametrize("direction", ["in", "out"])
def test_a_message_leaves_itself_and_how_long_the_talk_became(
    db: Connection, direction: str
) -> None:
    begin(db, 1)
    for minute in (2, 3, 4, 5):
        say(db, "out", minute)  # the sequence of first messages is full
    say(db, "in", 6)
    db.execute("select private.refresh_kpis()")
    say(db, direction, 10)
    found = db.execute(
        "select at::text, sent, received, discussion_seconds from private.kpi_message_changes"
        " order by at"
    ).fetchall()
    assert found == [
        ("2026-10-01 10:00:00+00", 0, 0, 240),
        ("2026-10-01 10:10:00+00", direction == "out", direction == "in", 0),
    ]
    assert marks(db) == 2
    db.execute("select private.refresh_kpis()")
    assert_exact(db)


def test_several_leads_in_one_write(db: Connection) -> None:
    begin(db, 3)
    say(db, "out", 10)
    db.execute("select private.refresh_kpis()")
    assert_exact(db)
    db.execute(
        "update public.leads set source = case when created_at < '2026-09-03' then 'bio' end"
    )
    assert marks(db) == 2  # of three leads one changed: what it is now, and what it was
    db.execute("select private.refresh_kpis()")
    assert_exact(db)


def test_talks_that_went_on_in_one_write_leave_no_leads(db: Connection) -> None:
    begin(db, 3)
    say(db, "in", 2)
    assert counted(db, "kpi_lead_changes") == 0
    assert counted(db, "kpi_message_changes") == 4  # three messages; the talks began as one
    db.execute("select private.refresh_kpis()")
    assert_exact(db)


def test_nobody_writes_by_hand_under_the_setting_of_a_reply(db: Connection) -> None:
    begin(db, 1)
    db.execute("select set_config('setterbase.replying', '0', true)")
    db.execute("update public.messages set direction = 'in' where direction = 'out'")
    assert counted(db, "kpi_message_changes") == 1
    numbers = db.execute("select message_number from public.messages order by created_at")
    assert numbers.fetchall() == [(1,), (2,)]
    db.execute("select private.refresh_kpis()")
    assert_exact(db)


def test_a_trigger_of_somebody_else_may_write_when_a_message_is_answered(db: Connection) -> None:
    """One level deeper than the reply: its own writes count as any other."""
    begin(db, 1)
    db.execute(
        "create function public.move() returns trigger language plpgsql as $$ begin"
        " update public.messages set created_at = created_at - interval '3 days'"
        " where lead_id = new.lead_id and message_number = 1 and direction = 'out';"
        " return null; end $$"
    )
    db.execute(
        "create trigger move after update of is_replied on public.messages for each row"
        " when (pg_trigger_depth() < 2) execute function public.move()"
    )
    say(db, "out", 10)
    db.execute("select private.refresh_kpis()")
    say(db, "in", 11)
    numbers = db.execute(
        "select direction, message_number, is_replied from public.messages order by created_at"
    )
    assert numbers.fetchall() == [
        ("out", 1, True), ("in", 1, False), ("out", 2, True), ("in", 2, False),
    ]  # fmt: skip
    db.execute("select private.refresh_kpis()")
    assert_exact(db)


def test_the_setting_of_a_reply_is_over_with_it(db: Connection) -> None:
    begin(db, 1)
    say(db, "out", 10)
    say(db, "in", 11)
    replied = db.execute("select count(*) from public.messages where is_replied").fetchone()
    assert replied == (2,)
    setting = db.execute("select current_setting('setterbase.replying', true)").fetchone()
    assert setting in {("",), (None,)}


def counted(db: Connection, log: str) -> int:
    row = db.execute(f"select count(*) from private.{log}".encode()).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(
    ("table", "assignment", "left"),
    [
        ("leads", "first_name = 'Ada'", 0),
        ("leads", "gender = 'female'", 2),
        ("leads", "email = 'ada@example.com'", 2),
        ("leads", "engaged_at = null, qualified_at = null", 2),
        ("messages", "text = 'Bonjour'", 0),
        ("messages", "replied_at = null, is_replied = false", 0),
    ],
)
def test_one_row_leaves_what_counts(db: Connection, table: str, assignment: str, left: int) -> None:
    begin(db, 1)
    db.execute(
        f"update public.{table} set {assignment}"
        f" where id = (select id from public.{table} order by created_at limit 1)".encode()
    )
    assert marks(db) == left
    db.execute("select private.refresh_kpis()")
    assert_exact(db)


def test_a_message_that_moves_by_itself(db: Connection) -> None:
    begin(db, 1)
    db.execute("update public.messages set created_at = '2026-10-05T10:00Z' where direction = 'in'")
    assert marks(db) > 2
    db.execute("select private.refresh_kpis()")
    assert_exact(db)
    row = db.execute("select sum(discussion_seconds) from public.kpi_daily").fetchone()
    assert row == (4 * 86400,)


def test_marks_of_before_are_taken_up(db: Connection) -> None:
    """A growth was once marked beside the leads."""
    begin(db, 1)
    db.execute(
        "insert into private.kpi_lead_changes (coach_id, leads, discussion_seconds, discussed_at,"
        " created_at, has_email, status, is_contacted, is_engaged)"
        " select coach_id, 0, 30, first_message_at, created_at, false, status, true, true"
        " from public.leads"
    )
    db.execute("select private.refresh_kpis()")
    row = db.execute("select sum(discussion_seconds) from public.kpi_daily").fetchone()
    assert row == (90,)
