-- One form for all: with pg_temp last, a temporary type or table cannot stand in for ours.
select p.oid::regprocedure::text as offender
from pg_catalog.pg_proc as p
where
  p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
  and not 'search_path=pg_catalog, pg_temp' = any(coalesce(p.proconfig, '{}'))
