"""What is kept of a tenant's leads, and when a reader counts the leads themselves."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.sql.kpis import lists
from tests.sql.kpis.exact import assert_exact, marks
from tests.support.acting import acting_as
from tests.support.events import COACH, OTHER, add_coach
from tests.support.servers import Connection, Database
from tests.support.world import NOBODY


def add_leads(db: Connection, number: int, coach: object = COACH, **columns: Any) -> None:
    db.execute(
        f"insert into public.leads (coach_id{''.join(', ' + name for name in columns)})"
        f" select %s{', %s' * len(columns)} from generate_series(1, %s)".encode(),
        [coach, *columns.values(), number],
    )


@pytest.fixture
def kept(db: Connection) -> Connection:
    """A tenant of three leads that a refresh has taken up, and readers who trust it."""
    lists.read_logs_of_any_length(db)
    add_coach(db)
    add_leads(db, 2, source="bio", job_title="Chef")
    add_leads(db, 1, status="lost", loss_reason="price", job_title="chef")
    db.execute("select private.refresh_kpis()")
    return db


def forge(db: Connection) -> None:
    """Kept counts of the tenant that say nothing true, to see who reads them."""
    for table, lie in (
        ("kpi_lead_counts", "leads = leads + 1000"),
        ("kpi_totals", "msg1_sent = 1000, msg1_replied = 1000"),
    ):
        db.execute(f"update private.{table} set {lie} where coach_id = %s".encode(), [COACH])


def forged(db: Connection, coach: object = COACH) -> set[str]:
    """The lists that were read from kept counts."""
    found, true = lists.asked(db, coach), lists.counted(db, coach)
    return {name for name in true if found[name] != true[name]}


EVERY_LIST = {"top_sources", "top_professions", "loss_reasons", "funnel", "rates"}


def test_what_is_kept_is_read_and_what_is_marked_added(kept: Connection) -> None:
    lists.assert_lists(kept, [COACH])
    add_leads(kept, 1, source="story", status="won")
    kept.execute("update public.leads set job_title = 'Pilote' where status = 'lost'")
    kept.execute("delete from public.leads where id in (select id from public.leads limit 1)")
    lists.assert_lists(kept, [COACH])
    forge(kept)
    assert forged(kept) == EVERY_LIST


def test_a_value_that_no_lead_has_any_more_is_gone(kept: Connection) -> None:
    kept.execute("update public.leads set source = 'ads', job_title = null, status = 'new'")
    lists.assert_lists(kept, [COACH])
    kept.execute("select private.refresh_kpis()")
    left = kept.execute("select kind, value, leads from private.kpi_lead_counts order by kind")
    assert left.fetchall() == [("source", "ads", 3), ("stage", "lead", 3)]


@pytest.mark.parametrize(
    "statement",
    [
        "truncate public.messages cascade",
        "update public.coachs set timezone = 'UTC'",
        "delete from private.kpi_totals",
    ],
    ids=["truncated", "in a new zone", "never counted"],
)
def test_a_tenant_to_be_counted_anew_is_counted(kept: Connection, statement: str) -> None:
    forge(kept)
    kept.execute(statement.encode())
    assert forged(kept) == set()
    if "totals" not in statement:
        kept.execute("select private.refresh_kpis()")
        assert_exact(kept)
        lists.assert_lists(kept, [COACH])


def test_another_tenants_doubt_is_not_ones_own(kept: Connection) -> None:
    add_coach(kept, OTHER)
    kept.execute("select private.refresh_kpis()")
    kept.execute("update public.coachs set timezone = 'UTC' where id = %s", [OTHER])
    forge(kept)
    assert forged(kept) == EVERY_LIST


def test_who_has_fewer_leads_than_the_log_has_pages_is_counted(clone: Database) -> None:
    """Another tenant's import fills the log; readers of the small one do not read through it."""
    with clone.connect() as db:
        add_coach(db)
        add_coach(db, OTHER)
        add_leads(db, 5, source="bio")
        db.execute("select private.refresh_kpis()")
    with clone.connect("supabase_admin", autocommit=True) as admin:
        admin.execute("vacuum private.kpi_lead_changes, private.kpi_sequence_changes")
    with clone.connect() as db:
        forge(db)
        assert forged(db) == EVERY_LIST - {"top_professions", "loss_reasons"}
        add_leads(db, 2000, OTHER)
        assert forged(db) == {"rates"}
        lists.assert_lists(db, [OTHER])
        db.execute(
            "insert into public.messages (coach_id, lead_id, direction)"
            " select coach_id, id, 'out' from public.leads where coach_id = %s",
            [OTHER],
        )
        assert forged(db) == set()


def test_full_mends_counts_that_nobody_marked(kept: Connection) -> None:
    forge(kept)
    kept.execute(
        "insert into private.kpi_lead_counts (coach_id, kind, digest, value, leads)"
        " values (%s, 'source', sha256('x'), 'x', 7)",
        [COACH],
    )
    kept.execute("select private.refresh_kpis(true)")
    lists.assert_lists(kept, [COACH])
    assert_exact(kept)


def test_no_word_is_too_long_to_be_counted(db: Connection) -> None:
    """An index would refuse what does not fit into a third of its page, and so the refresh."""
    noise = random.Random(7)
    word = "".join(chr(noise.randrange(0x4E00, 0x9FFF)) for _ in range(20_000))
    lists.read_logs_of_any_length(db)
    add_coach(db)
    add_leads(db, 2, job_title=word, source=word)
    add_leads(db, 1, job_title=word[:-1], source=word[:-1])
    for _ in range(2):
        assert lists.asked(db, COACH)["top_professions"] == [
            {"profession": word, "lead_count": 2, "percentage": 66.7},
            {"profession": word[:-1], "lead_count": 1, "percentage": 33.3},
        ]
        lists.assert_lists(db, [COACH])
        db.execute("select private.refresh_kpis()")
    assert_exact(db)


def test_a_tenant_that_goes_takes_its_counts_along(kept: Connection) -> None:
    kept.execute("delete from public.coachs")
    assert kept.execute("select count(*) from private.kpi_lead_counts").fetchone() == (0,)
    kept.execute("select private.refresh_kpis()")
    add_coach(kept)
    add_leads(kept, 1, source="story")
    lists.assert_lists(kept, [COACH])
    kept.execute("select private.refresh_kpis()")
    lists.assert_lists(kept, [COACH])


def test_a_reader_at_work_sees_a_refresh_whole_or_not_at_all(clone: Database) -> None:
    with clone.connect() as db:
        lists.read_logs_of_any_length(db)
        add_coach(db)
        add_leads(db, 3, source="bio")
        db.execute("select private.refresh_kpis()")
        add_leads(db, 2, source="story")
    with clone.connect() as writer, clone.connect() as reader:
        reader.execute("set statement_timeout = '5s'")
        expected = lists.asked(reader, COACH)
        assert [row["lead_count"] for row in expected["top_sources"]] == [3, 2]
        writer.execute("select private.refresh_kpis()")
        assert marks(writer) == 0
        assert lists.asked(reader, COACH) == expected
        writer.commit()
        assert lists.asked(reader, COACH) == expected


@pytest.mark.parametrize("coach", [COACH, NOBODY, None])
def test_services_and_strangers(kept: Connection, coach: object) -> None:
    whole = lists.asked(kept, COACH)
    nothing: lists.Lists = {name: [] for name in whole}
    with acting_as(kept, "service_role"):
        assert lists.asked(kept, coach) == (whole if coach == COACH else nothing)
    with acting_as(kept, sub=OTHER):
        assert lists.asked(kept, coach) == nothing


def test_a_lead_that_was_written_unseen_stops_no_refresh(kept: Connection) -> None:
    """As a restore writes it: no trigger marks it, and a later write takes away what never came."""
    kept.execute("delete from public.leads where status = 'lost'")
    kept.execute("select private.refresh_kpis()")
    kept.execute("alter table public.leads disable trigger user")
    add_leads(kept, 1, source="ads", status="lost", loss_reason="time")
    kept.execute("alter table public.leads enable trigger user")
    kept.execute("update public.leads set loss_reason = 'other' where status = 'lost'")
    asked = "select loss_reason, lead_count from public.get_loss_reasons(%s)"
    assert kept.execute(asked, [COACH]).fetchall() == [("other", 1)]
    kept.execute("select private.refresh_kpis()")
    assert kept.execute(asked, [COACH]).fetchall() == [("other", 1)]
    kept.execute("select private.refresh_kpis(true)")
    lists.assert_lists(kept, [COACH])
