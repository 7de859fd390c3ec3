"""The view that the benchmark holds the refresh against yields our figures, or compares nothing."""

from __future__ import annotations

import pytest

from tests.benchmarks import kpi_world, refreshing
from tests.benchmarks.kpi_world import Size
from tests.support.servers import Connection, Database

pytestmark = pytest.mark.slow

# What the benchmark's world and its changes have none of.
MORE = """
update public.coach_settings as s set
  acquisition_cost_per_lead = 12.5,
  lead_magnet_estimate_pct = 33.3,
  email_estimate_pct = 12.5,
  no_show_estimate_pct = 17.5,
  ai_efficiency_pct = 90,
  hours_saved_monthly = 12
where s.coach_id <= private.bench_id('c', 3);

with numbered as (
  select l.id, l.coach_id, row_number() over (partition by l.coach_id order by l.id) as number
  from public.leads as l
)
update public.leads as l set
  call_attended_at = case when n.number % 3 = 0 then now() - interval '20 days' end,
  call_no_show_at = case when n.number % 4 = 0 then now() - interval '21 days' end,
  lead_magnet_sent_at = case when n.number % 5 = 0 then now() - interval '22 days' end,
  status = case when n.number = 7 then 'relance' when n.number = 8 then 'lost' else l.status end,
  deal_value = case when n.number % 2 = 0 then 0.05 * n.number end
from numbered as n
where l.id = n.id and n.coach_id <= private.bench_id('c', 2);

insert into public.leads (coach_id, contact_id, age, email, created_at, won_at)
select
  private.bench_id('c', 1 + d.days % 2), 'recent ' || d.days, 20 + d.days, 'x@example.com',
  now() - d.days * interval '1 day', now() - d.days * interval '25 hours'
from generate_series(0, 9) as d (days);

delete from public.messages as m
where m.coach_id = private.bench_id('c', 2) and md5(m.id::text) < '4';

delete from public.leads as l where l.coach_id = private.bench_id('c', 4);

insert into public.coachs (id, name, email)
values (private.bench_id('c', 99), 'New', 'n@example.com')
"""
COLUMNS = """
select f.key, count(distinct f.value)
from private.bench_by_hand as h
cross join lateral jsonb_each(to_jsonb(h)) as f
group by f.key
"""


@pytest.fixture
def coaching(clone: Database) -> Database:
    """The benchmark's world, tiny, with the views of the benchmark."""
    with clone.connect("supabase_admin") as db:
        kpi_world.fill(db, Size(5, 30, 10))
    with clone.connect() as db:
        db.execute("select private.refresh_kpis(true)")
    refreshing.create_views(clone)
    return clone


def test_the_view_by_hand_yields_every_figure(coaching: Database) -> None:
    assert refreshing.differences(coaching) == []
    for turn in range(3):
        kpi_world.change(coaching, 3, turn)
        assert refreshing.differences(coaching) == []
    with coaching.connect() as db:
        db.execute(MORE.encode())
    assert refreshing.differences(coaching) == []
    with coaching.connect() as db:
        # No column in which all tenants are alike, as they would be were it not computed.
        assert [key for key, values in _columns(db).items() if values < 2] == []


def test_a_figure_that_is_not_the_same_is_told(coaching: Database) -> None:
    kpi_world.change(coaching, 5, "told")
    with coaching.connect() as db:
        db.execute("drop materialized view private.bench_by_hand")
        text = (kpi_world.FOLDER / "by_hand.sql").read_text(encoding="utf-8")
        db.execute(text.replace("d.today - 6", "d.today + 1").encode())
    assert {column for _, column, *_ in refreshing.differences(coaching)} == {"leads_week"}


def test_a_tenant_that_only_one_side_has_is_told(coaching: Database) -> None:
    with coaching.connect() as db:
        db.execute("drop materialized view private.bench_by_hand")
        text = (kpi_world.FOLDER / "by_hand.sql").read_text(encoding="utf-8")
        db.execute(text.replace("left join lead_totals", "inner join lead_totals").encode())
        db.execute("delete from public.leads as l where l.coach_id = private.bench_id('c', 4)")
    assert len(refreshing.differences(coaching)) > 40


def _columns(db: Connection) -> dict[str, int]:
    return dict(db.execute(COLUMNS.encode()).fetchall())
