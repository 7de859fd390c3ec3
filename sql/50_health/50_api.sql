-- What monitoring asks.

create function public.health()
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select private.health();
end;

comment on function public.health() is
'Whether the backend is ok, degraded or failing: KPIs (refreshed within 15 minutes), jobs, dead '
'letters, last migration. No secrets, no tenant''s figures.';
