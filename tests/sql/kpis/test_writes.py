"""Each kind of statement that writes leaves marks, of which a refresh makes exact figures."""

from __future__ import annotations

import pytest

from tests.sql.kpis.exact import assert_exact, marks
from tests.support.events import COACH, OTHER, add_coach
from tests.support.servers import Connection, Database

A, B, ELSEWHERE = (f"10000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))

MERGE_LEADS = f"""
merge into public.leads as l
using (values ('a', 'lost'), ('b', null), ('c', 'won')) as v (contact_id, status)
on l.coach_id = '{COACH}' and l.contact_id = v.contact_id
when matched and v.status is null then delete
when matched then update set status = v.status, deal_value = 9
when not matched then
  insert (coach_id, contact_id, status, deal_value)
  values ('{COACH}', v.contact_id, v.status, 3)
"""
MERGE_MESSAGES = f"""
merge into public.messages as m
using (
  select id, row_number() over (order by created_at, id) as n from public.messages
  union all
  select gen_random_uuid(), 0
) as v
on m.id = v.id
when matched and v.n % 3 = 0 then delete
when matched and v.n % 3 = 1 then
  update set direction = 'out', created_at = m.created_at + interval '40 days'
when not matched then
  insert (coach_id, lead_id, direction, created_at)
  values ('{COACH}', '{B}', 'in', '2026-03-01T00:00Z')
"""
SAY = f"insert into public.messages (coach_id, lead_id, direction) values ('{COACH}', '{A}', 'in')"
KINDS = {
    "messages of one instant": "insert into public.messages"
    " (coach_id, lead_id, direction, created_at)"
    f" select '{COACH}', '{A}', 'in', '2026-07-02T00:00Z' from generate_series(1, 3)",
    "insert … select": "insert into public.leads (coach_id, status, created_at)"
    " select coach_id, status, created_at + interval '1 day' from public.leads",
    "on conflict do update": "insert into public.leads (id, coach_id, status)"
    f" values ('{A}', '{COACH}', 'won'), (gen_random_uuid(), '{COACH}', 'lost')"
    " on conflict (id) do update set status = excluded.status, deal_value = 5",
    "on conflict do nothing": "insert into public.leads (id, coach_id, status)"
    f" values ('{A}', '{COACH}', 'won'), (gen_random_uuid(), '{COACH}', 'lost')"
    " on conflict do nothing",
    "merge of leads": MERGE_LEADS,
    "merge of messages": MERGE_MESSAGES,
    "one table twice in one statement": f"with a as ({SAY} returning 1),"
    f" b as ({SAY.replace(A, B)} returning 1),"
    f" c as (update public.leads set age = 40 where id = '{A}' returning 1),"
    f" d as (update public.leads set gender = 'other' where id = '{B}' returning 1) select 1",
    "delete and insert in one statement": "with gone as ("
    f" delete from public.leads where id = '{A}' returning *)"
    " insert into public.leads (coach_id, contact_id, status)"
    " select coach_id, 'again', 'won' from gone",
    "a cascade from leads": f"delete from public.leads where id = '{A}'",
    "a cascade from the tenant": f"delete from public.coachs where id = '{COACH}'",
    "messages that move to another tenant": f"update public.messages set coach_id = '{OTHER}',"
    f" lead_id = '{ELSEWHERE}'",
    "settings that move to another tenant": f"delete from public.coach_settings"
    f" where coach_id = '{OTHER}'; update public.coach_settings set coach_id = '{OTHER}',"
    " acquisition_cost_per_lead = 3",
    "truncate": "truncate public.messages",
    "truncate … cascade": "truncate public.coachs cascade",
    "truncate of several": "truncate public.leads, public.messages cascade",
    "a truncate that is written after": f"truncate public.messages; {SAY}",
    "a savepoint that is rolled back": f"{SAY}; savepoint s; delete from public.leads;"
    f" truncate public.messages; rollback to s; {SAY}",
    "an error that is caught": f"do $$ begin {SAY}; delete from public.leads; perform 1 / 0;"
    " exception when division_by_zero then null; end $$",
}


def begin(db: Connection) -> None:
    """Two tenants, three leads, and a talk in the summer; all taken up by a refresh."""
    add_coach(db)
    add_coach(db, OTHER, timezone="Asia/Kathmandu")
    db.cursor().executemany(
        "insert into public.leads (id, coach_id, contact_id, status, created_at)"
        " values (%s, %s, %s, %s, '2026-06-30T18:00Z')",
        [(A, COACH, "a", "won"), (B, COACH, "b", "lost"), (ELSEWHERE, OTHER, "a", "new")],
    )
    db.execute(
        "insert into public.messages (coach_id, lead_id, direction, created_at)"
        " select %s, %s, way, timestamptz '2026-06-30T18:00Z' + n * interval '1 hour'"
        " from generate_series(1, 6) as n, unnest(array['out', 'in']) as way",
        [COACH, A],
    )
    db.execute("select private.refresh_kpis()")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_statement_is_marked(db: Connection, kind: str) -> None:
    begin(db)
    db.execute(KINDS[kind].encode())
    assert marks(db) > 0 or kind == "an error that is caught"
    db.execute("select private.refresh_kpis()")
    assert marks(db) == 0
    assert_exact(db)


def test_copy_is_marked(db: Connection) -> None:
    begin(db)
    with db.cursor().copy(
        "copy public.messages (coach_id, lead_id, direction, created_at) from stdin"
    ) as copy:
        for minute in range(30):
            copy.write_row((COACH, (A, B)[minute % 2], "out", f"2026-07-01T10:{minute:02}:00Z"))
    assert marks(db) > 30
    db.execute("select private.refresh_kpis()")
    assert_exact(db)
    row = db.execute(
        "select messages_sent from public.kpi_daily where coach_id = %s and date = '2026-07-01'",
        [COACH],
    ).fetchone()
    assert row == (33,)  # and three of that night in Paris


def test_a_write_and_its_refresh_that_are_rolled_back_leave_nothing(db: Connection) -> None:
    begin(db)
    kept = "select to_jsonb(k) from public.coach_dashboard_kpis as k order by coach_id"
    before = db.execute(kept).fetchall()
    db.execute("savepoint s")
    db.execute(SAY.encode())
    db.execute("select private.refresh_kpis()")
    assert db.execute(kept).fetchall() != before
    db.execute("rollback to s")
    assert db.execute(kept).fetchall() == before
    assert marks(db) == 0
    assert_exact(db)


def test_what_a_replica_wrote_waits_for_a_full_refresh(clone: Database) -> None:
    """No trigger runs there; docs/kpis.md says what does help."""
    with clone.connect() as db:
        begin(db)
    with clone.connect("supabase_admin") as replica:
        replica.execute("set session_replication_role = replica")
        replica.execute("update public.leads set gender = 'female', source = 'bio'")
    with clone.connect() as db:
        row = db.execute("select private.refresh_kpis() ->> 'status'").fetchone()
        assert row == ("unchanged",)
        with pytest.raises(AssertionError):
            assert_exact(db)
        db.execute("select private.refresh_kpis(true)")
        assert_exact(db)


@pytest.mark.parametrize(
    ("zone", "moments", "days"),
    [
        # The 30th of December 2011 does not exist in Samoa, which went over the date line.
        (
            "Pacific/Apia",
            ["2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z"],
            {"2011-12-29": 1, "2011-12-31": 1},
        ),
        # Summer time of half an hour; midnights of UTC+11 and of UTC+10:30.
        (
            "Australia/Lord_Howe",
            [
                *("2026-04-03T12:59:59Z", "2026-04-03T13:00:00Z"),
                *("2026-04-05T13:29:59Z", "2026-04-05T13:30:00Z"),
            ],
            {"2026-04-03": 1, "2026-04-04": 1, "2026-04-05": 1, "2026-04-06": 1},
        ),
        # Midnight itself does not exist on the day on which Beirut goes forward.
        (
            "Asia/Beirut",
            ["2026-03-28T21:59:59Z", "2026-03-28T22:00:00Z"],
            {"2026-03-28": 1, "2026-03-29": 1},
        ),
        # Newfoundland went back a minute after midnight: the 29th began, then the 28th came again.
        (
            "America/St_Johns",
            ["2006-10-29T02:30:30Z", "2006-10-29T02:31:30Z", "2006-10-29T03:31:00Z"],
            {"2006-10-28": 1, "2006-10-29": 2},
        ),
    ],
)
def test_days_where_calendars_are_strange(
    db: Connection, zone: str, moments: list[str], days: dict[str, int]
) -> None:
    """Counted by adding, and again from scratch after a change of the zone."""
    add_coach(db, timezone=zone)
    db.execute("select private.refresh_kpis()")
    db.cursor().executemany(
        "insert into public.leads (coach_id, created_at) values (%s, %s)",
        [(COACH, moment) for moment in moments],
    )
    counted = "select date::text, leads from public.kpi_daily where coach_id = %s"
    db.execute("select private.refresh_kpis()")
    assert dict(db.execute(counted, [COACH]).fetchall()) == days
    for other in ("UTC", zone):
        db.execute("update public.coachs set timezone = %s where id = %s", [other, COACH])
        db.execute("select private.refresh_kpis()")
        assert_exact(db)
    assert dict(db.execute(counted, [COACH]).fetchall()) == days
