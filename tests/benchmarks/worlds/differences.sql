-- Where the view by hand and the engine's differ: tenant, column, ours, theirs. A row or a column
-- that one side lacks differs, too.
select
  k.coach_id,
  f.key,
  f.ours,
  f.theirs
from public.coach_dashboard_kpis as k
full join private.bench_by_hand as h on k.coach_id = h.coach_id
cross join
  lateral (
    select
      key,
      o.value as ours,
      t.value as theirs
    from jsonb_each(to_jsonb(k)) as o
    full join jsonb_each(to_jsonb(h)) as t using (key)
  ) as f
where f.key <> 'last_updated' and f.ours is distinct from f.theirs
order by f.key, k.coach_id
