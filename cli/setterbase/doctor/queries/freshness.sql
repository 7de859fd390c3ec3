-- Figures are not old, and no event waits: what public.health() tells, with what to do.
select
  case when k.last_refresh_at is null then 'The figures were never computed.'
    else format('The figures are %s minutes old.', (k.age_seconds / 60)::integer) end as what,
  'Run `setterbase kpis refresh`, and see the check `jobs`.' as mend,
  'problem' as verdict
from jsonb_to_record(public.health() -> 'kpis')
  as k (status text, last_refresh_at timestamptz, age_seconds numeric)
where k.status <> 'ok'
union all
select
  format('%s events wait that could not be applied.', d.waiting),
  'See `setterbase dead-letters list`.',
  'warning'
from jsonb_to_record(public.health() -> 'dead_letters') as d (status text, waiting bigint)
where d.status <> 'ok'
