"""A dashboard is read from what the last refresh kept, and that is what it would count now."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sql.kpis import worlds
from tests.support.acting import acting_as
from tests.support.catalogue import attempt
from tests.support.events import COACH, OTHER, add_coach
from tests.support.servers import Connection, Database

# Before and after the refresh, at the edges of a day and of the thresholds.
OFFSETS = st.sampled_from(
    [timedelta(days=days, seconds=seconds) for days in (-400, -8, -7, -2, -1, 0, 1, 2, 5, 7, 90)
     for seconds in (-9, 0, 9)]
    + [timedelta(hours=hours) for hours in (1, 5, 9, 13, 17, 21)]
)  # fmt: skip


def dashboard(db: Connection, live: bool, as_of: datetime) -> dict[str, Any]:
    row = db.execute("select public.get_dashboard(%s, %s, %s)", [COACH, as_of, live]).fetchone()
    assert row is not None
    answer: dict[str, Any] = row[0]
    del answer["last_updated"]
    return answer


@settings(max_examples=40)
@given(worlds.worlds, st.integers(0, 9), st.integers(0, 9), OFFSETS)
def test_kept_is_live_at_any_moment(
    db: Connection, world: worlds.World, soon: int, high: int, offset: timedelta
) -> None:
    with db.transaction(force_rollback=True):
        now = worlds.build(db, world)
        db.execute(
            "update public.coach_settings"
            " set followup_after_days = %s, relance_high_after_days = %s",
            [soon, high],
        )
        db.execute("select private.refresh_kpis()")
        kept, live = (dashboard(db, live, now + offset) for live in (False, True))
        if offset:  # the live row of KPIs knows the present alone
            for answer in (kept, live):
                answer["kpis"] = {code: answer["kpis"][code] for code in ("leads_today",)}
        assert kept == live
        check_counts(db, kept)


def check_counts(db: Connection, answer: dict[str, Any]) -> None:
    """Counts, list and function tell of the same leads."""
    found = db.execute(
        "select to_jsonb(f) from public.get_leads_to_followup(%s, %s) as f",
        [COACH, answer["as_of"]],
    ).fetchall()
    leads = [lead for (lead,) in found]
    assert answer["leads_to_followup"] == leads[:50]
    for priority, count in answer["followups"].items():
        assert count == sum(lead["priority"] == priority for lead in leads)


def fill(db: Connection, leads: int) -> None:
    add_coach(db)
    statuses = ["qualified", "relance", "engaged", "new", "call_proposed"]
    db.execute(
        "insert into public.leads (coach_id, status, created_at)"
        " select %s, (%s::text[])[1 + n %% 5], now() - n * interval '5 hours'"
        " from generate_series(1, %s) as n",
        [COACH, statuses, leads],
    )


@pytest.mark.parametrize("most", [0, 1, 2, 7, 40, 41, 99, 300])
def test_the_first_leads_are_the_first_of_all(db: Connection, most: int) -> None:
    fill(db, 200)
    query = 'select lead_id from public.get_leads_to_followup(%s, now(), "limit" => %s)'
    everybody = db.execute(query, [COACH, None]).fetchall()
    assert db.execute(query, [COACH, most]).fetchall() == everybody[:most]


@pytest.mark.parametrize("most", [59, 60, 61, 65, 70, 75, 79, 80, 81])
def test_a_day_that_is_urgent_in_part_fills_no_list(db: Connection, most: int) -> None:
    """On the day of the threshold 60 leads are urgent and 5 not; 15 more are of later days."""
    add_coach(db)
    now = datetime(2026, 10, 20, 12, tzinfo=UTC)
    silent = [now - timedelta(days=7, seconds=n) for n in range(60)]
    silent += [now - timedelta(days=7, seconds=-n) for n in range(1, 6)]
    silent += [now - timedelta(days=3, hours=n) for n in range(15)]
    db.cursor().executemany(
        "insert into public.leads (coach_id, status, created_at) values (%s, 'relance', %s)",
        [(COACH, at) for at in silent],
    )
    query = 'select lead_id, priority from public.get_leads_to_followup(%s, %s, "limit" => %s)'
    everybody = db.execute(query, [COACH, now, None]).fetchall()
    assert [priority for _, priority in everybody] == ["high"] * 60 + ["medium"] * 20
    assert db.execute(query, [COACH, now, most]).fetchall() == everybody[:most]


def test_a_board_follows_the_catalogue(db: Connection) -> None:
    fill(db, 10)
    db.execute("select private.refresh_kpis()")

    def qualified() -> dict[str, Any]:
        shown: dict[str, Any] = dashboard(db, False, datetime.now(UTC))["kpis"]["qualified_leads"]
        return shown

    assert (qualified()["unit"], qualified()["badge"]) == ("count", None)
    db.execute(
        "update public.kpi_catalog set badge_good_from = 0, badge_excellent_from = 1000,"
        " unit = 'ratio' where code = 'qualified_leads'"
    )
    assert (qualified()["unit"], qualified()["badge"]) == ("ratio", "good")


def test_only_the_named_tenants_are_counted_anew(db: Connection) -> None:
    fill(db, 20)
    add_coach(db, OTHER)
    db.execute("select private.refresh_kpis()")
    db.execute("update public.leads set source = 'story'")

    def board() -> tuple[list[str], int]:
        row = db.execute(
            "select jsonb_path_query_array(top_sources, '$[*].source_name'), followups_low"
            " from private.kpi_boards where coach_id = %s",
            [COACH],
        ).fetchone()
        assert row is not None
        sources, low = row
        return sources, low

    for arrays, sources in (
        (("{}", "{}"), ["unknown"]),
        ((f"{{{OTHER}}}", f"{{{OTHER}}}"), ["unknown"]),
        ((f"{{{COACH}}}", "{}"), ["unknown"]),
        ((f"{{{COACH}}}", f"{{{COACH}}}"), ["story"]),
    ):
        db.execute("select private.refresh_boards(%s::uuid[], %s::uuid[])", arrays)
        assert board()[0] == sources
    db.execute("delete from public.leads where status = 'new'")
    db.execute("select private.refresh_boards(%s::uuid[], '{}')", [f"{{{COACH}}}"])
    assert board() == (["story"], 0)


def test_a_tenant_that_no_refresh_has_seen_has_no_dashboard(db: Connection) -> None:
    add_coach(db)
    assert db.execute("select public.get_dashboard(%s)", [COACH]).fetchone() == (None,)


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "1899-12-31", "9999-12-31", None])
@pytest.mark.parametrize("function", ["get_dashboard", "get_leads_to_followup"])
def test_a_moment_without_a_day_is_refused(db: Connection, function: str, moment: str) -> None:
    fill(db, 1)
    literal = "null" if moment is None else f"'{moment}'"
    assert attempt(db, f"select * from public.{function}('{COACH}', {literal})") == "22023"


def test_a_disabled_tenant_and_a_stranger_get_the_same_nothing(db: Connection) -> None:
    fill(db, 3)
    db.execute("select private.refresh_kpis()")
    db.execute("insert into auth.users (id) values (%s)", [COACH])
    db.execute("insert into public.memberships (coach_id, user_id) values (%s, %s)", [COACH] * 2)
    with acting_as(db, sub=COACH):
        row = db.execute("select public.get_dashboard()").fetchone()
        assert row is not None
        assert row[0]["kpis"]["total_leads"]["value"] == 3
    db.execute("update public.coachs set status = 'disabled'")
    with acting_as(db, sub=COACH):
        assert db.execute("select public.get_dashboard(%s)", [COACH]).fetchone() == (None,)
        assert (
            db.execute("select * from public.get_leads_to_followup(%s)", [COACH]).fetchall() == []
        )
    with acting_as(db, sub=OTHER):
        assert db.execute("select public.get_dashboard(%s)", [COACH]).fetchone() == (None,)
        assert (
            db.execute("select * from public.get_leads_to_followup(%s)", [COACH]).fetchall() == []
        )


def test_time_alone_makes_leads_due_and_urgent(db: Connection) -> None:
    """One lead a priority becomes due at noon, and two rise to urgent at ten past."""
    add_coach(db)
    row = db.execute(
        "select date_trunc('day', now() at time zone 'UTC') at time zone 'UTC'"
    ).fetchone()
    assert row is not None
    midnight: datetime = row[0]
    noon = midnight + timedelta(days=1, hours=12)
    for status, at in [
        ("qualified", noon - timedelta(days=2)),
        ("engaged", noon - timedelta(days=2)),
        ("new", noon - timedelta(days=2)),
        ("relance", noon - timedelta(days=7, minutes=-10)),
        ("relance", noon - timedelta(days=7, minutes=-10)),
    ]:
        db.execute(
            "insert into public.leads (coach_id, status, created_at) values (%s, %s, %s)",
            [COACH, status, at],
        )
    with db.transaction():
        db.execute("select private.refresh_kpis()")
    db.execute(
        "update private.kpi_boards as b set computed_at = %(at)s, followups_high = 0,"
        " followups_medium = 2, followups_low = 0, next_followup_at = u.until,"
        " due_high = u.due_high, due_medium = u.due_medium, due_low = u.due_low,"
        " due_urgent = u.due_urgent"
        " from private.board_followups(array[%(coach)s::uuid], %(at)s) as u",
        {"at": midnight + timedelta(days=1), "coach": COACH},
    )
    for minutes, high, medium, low in [(-1, 0, 2, 0), (0, 1, 3, 1), (9, 1, 3, 1), (10, 3, 1, 1)]:
        found = dashboard(db, False, noon + timedelta(minutes=minutes))["followups"]
        assert found == {"high": high, "medium": medium, "low": low}


@pytest.mark.parametrize("thresholds", [(2, 7), (0, 0), (7, 2), (3, 3)])
def test_a_board_counts_those_at_the_thresholds(
    db: Connection, thresholds: tuple[int, int]
) -> None:
    """Leads whose last contact lies minutes and hours around each threshold, before and after."""
    add_coach(db)
    db.execute(
        "update public.coach_settings set followup_after_days = %s, relance_high_after_days = %s",
        thresholds,
    )
    db.execute(
        "insert into public.leads (coach_id, status, created_at)"
        " select %s, status, now() - days * interval '1 day' + minutes * interval '1 minute'"
        " from unnest(array['new', 'engaged', 'qualified', 'call_proposed', 'relance', 'won'])"
        " as status, unnest(%s::integer[]) as days,"
        " unnest(array[-1500, -700, -1, 0, 1, 700, 1500]) as minutes",
        [COACH, [*thresholds, 30]],
    )
    db.execute("select private.refresh_kpis()")
    row = db.execute("select now()").fetchone()
    assert row is not None
    now: datetime = row[0]
    for hours in (0, 1, 11, 13, 23, 49):
        at = now + timedelta(hours=hours)
        kept, live = (dashboard(db, way, at)["followups"] for way in (False, True))
        assert kept == live


@pytest.mark.parametrize("live", [False, True])
def test_a_dashboard_is_of_one_moment(clone: Database, live: bool) -> None:
    """Others write, and a refresh takes it up, while a dashboard is made: it shows none of it."""
    with clone.connect() as db:
        fill(db, 10)
        db.execute("select private.refresh_kpis()")
        row = db.execute("select now()").fetchone()
        assert row is not None
        at: datetime = row[0]
        before = dashboard(db, live, at)
        # Where the dashboard has begun and has read nothing yet, it now waits for a lock.
        db.execute(
            "create or replace function private.check_moment(as_of timestamptz) returns boolean"
            " language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(1);"
            " return true; end $$"
        )
    waiting = "select count(*) from pg_stat_activity where pid = %s and wait_event_type = 'Lock'"
    with (
        clone.connect() as writer,
        clone.connect() as reader,
        ThreadPoolExecutor(1) as elsewhere,
    ):
        writer.execute("select pg_advisory_lock(1)")
        told = elsewhere.submit(dashboard, reader, live, at)
        deadline = time.monotonic() + 20
        while writer.execute(waiting, [reader.info.backend_pid]).fetchone() != (1,):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        writer.execute("update public.leads set status = 'won', deal_value = 5, source = 'story'")
        writer.execute("update public.coachs set name = 'Somebody else'")
        writer.execute("select private.refresh_kpis()")
        writer.commit()
        writer.execute("select pg_advisory_unlock(1)")
        writer.commit()
        assert told.result(20) == before
        reader.rollback()
        after = dashboard(reader, live, at)
    assert (after["kpis"]["leads_won"]["value"], after["leads_to_followup"]) == (10, [])
    assert (after["coach"]["name"], before["coach"]["name"]) == ("Somebody else", f"Coach {COACH}")


def test_a_code_that_json_and_format_would_misread(db: Connection) -> None:
    """Quotes, backslashes and percent signs of the catalogue are shown as they are."""
    fill(db, 10)
    code = '50 %s \\ %1$s "quoted"'
    db.execute(
        "insert into public.kpi_catalog"
        " (section, position, code, label_fr, label_en, unit, formula)"
        " values ('activity', 99, %s, 'a', 'b', 'count', 'c')",
        [code],
    )
    db.execute("select private.refresh_kpis()")
    now = datetime.now(UTC)
    kept, live = (dashboard(db, live, now)["kpis"] for live in (False, True))
    assert kept[code] == {"value": None, "unit": "count", "is_estimate": False, "badge": None}
    assert kept == live


def test_only_lists_that_changed_are_counted_again(db: Connection) -> None:
    add_coach(db)
    db.execute(
        "insert into public.leads (coach_id, source, job_title) values (%s, 'bio', 'baker')",
        [COACH],
    )
    db.execute("select private.refresh_kpis()")
    db.execute(
        "update private.kpi_boards set (funnel, top_sources, top_professions) = row('1', '2', '3')"
    )

    def lists() -> tuple[int, Any, Any]:
        row = db.execute(
            "select jsonb_array_length(case when funnel <> '1' then funnel else '[]' end),"
            " top_sources, top_professions from private.kpi_boards"
        ).fetchone()
        assert row is not None
        stages, sources, professions = row
        return stages, sources, professions

    db.execute("update public.leads set job_title = 'cook'")
    db.execute("select private.refresh_kpis()")
    cook = [{"profession": "cook", "lead_count": 1, "percentage": 100.0}]
    assert lists() == (0, 2, cook)
    db.execute("update public.leads set status = 'qualified'")
    db.execute("select private.refresh_kpis()")
    assert lists() == (7, 2, cook)
    db.execute("update public.coachs set timezone = 'Asia/Tokyo'")  # counts all of it anew
    db.execute("update public.leads set job_title = null")
    db.execute("select private.refresh_kpis()")
    bio = [{"source_name": "bio", "lead_count": 1, "percentage": 100.0}]
    assert lists() == (7, bio, [])
