"""Materialized = live = counted from scratch, for every column, tenant and day."""

from __future__ import annotations

from tests.sql.kpis import lists
from tests.support.servers import Connection

DIFFERENCES = """
select k.coach_id, f.key, to_jsonb(k) -> f.key, f.value
from public.coach_dashboard_kpis_live as l
left join public.coach_dashboard_kpis as k using (coach_id)
cross join lateral jsonb_each(to_jsonb(l)) as f
where f.key <> 'last_updated' and to_jsonb(k) -> f.key is distinct from f.value
union all
select k.coach_id, 'gone', null, null from public.coach_dashboard_kpis as k
where not exists (
  select from public.coach_dashboard_kpis_live as l where l.coach_id = k.coach_id
)
"""
# What kpi_daily must hold is stated once more by its own view.
DAYS = """
(table public.kpi_daily except table private.kpi_days)
union all
(table private.kpi_days except table public.kpi_daily)
"""
TOTALS = """
with daily as (
  select d.coach_id, p.key, sum(p.value::numeric) as total
  from public.kpi_daily as d
  cross join lateral jsonb_each_text(to_jsonb(d) - '{coach_id,date,win_hours}'::text[]) as p
  group by d.coach_id, p.key
),
kept as (
  select t.coach_id, p.key, p.value::numeric as total
  from private.kpi_totals as t
  cross join lateral
    jsonb_each_text(to_jsonb(t) - '{coach_id,timezone,best_weekday,best_hour}'::text[]) as p
)
select coach_id, key, k.total, d.total
from kept as k full join daily as d using (coach_id, key)
where coalesce(k.total, 0) <> coalesce(d.total, 0)
"""
# What no lead has is not kept, so that a tenant's lists are as long as its answers.
EMPTY = "select k from private.kpi_lead_counts as k where k.leads <= 0"
MARKS = """
select (select count(*) from private.kpi_message_changes)
  + (select count(*) from private.kpi_sequence_changes)
  + (select count(*) from private.kpi_lead_changes)
  + (select count(*) from private.kpi_tenant_changes)
"""


def assert_exact(db: Connection) -> None:
    """After a refresh of a world in which nothing was written since."""
    for query in (DIFFERENCES, DAYS, TOTALS, EMPTY):
        assert db.execute(query.encode()).fetchall() == []
    lists.assert_boards(db)


def marks(db: Connection) -> int:
    """What waits for the next refresh."""
    row = db.execute(MARKS.encode()).fetchone()
    assert row is not None
    return int(row[0])
