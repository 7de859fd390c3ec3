-- One form for all: with pg_temp last, a temporary type or table cannot stand in for ours. Seven are
-- without, so that the planner makes them part of the query that calls them: their bodies were
-- bound when they were made (ADR 2).
select p.oid::regprocedure::text as offender
from pg_catalog.pg_proc as p
where
  p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
  and not 'search_path=pg_catalog, pg_temp' = any(coalesce(p.proconfig, '{}'))
  and not (
    p.proname in (
      'kpi_figures', 'count_days', 'lead_values', 'lead_moments', 'kpi_cards', 'user_in', 'admin_in'
    )
    and p.pronamespace = 'private'::regnamespace
    and p.prosqlbody is not null
    and not p.prosecdef
    and p.proconfig is null
  )
