-- Every table of `public` that an API role may use has row level security.
select
  format('Row level security is off on public.%I, which %s may use.', c.relname, u.users) as what,
  format(
    'alter table public.%I enable row level security; then `setterbase verify`.', c.relname
  ) as mend
from pg_catalog.pg_class as c
cross join lateral (
  select string_agg(r.rolname, ', ' order by r.rolname) as users
  from pg_catalog.pg_roles as r
  where
    r.rolname in ('anon', 'authenticated')
    and has_table_privilege(
      r.oid, c.oid, 'select, insert, update, delete, truncate'
    )
) as u
where
  c.relnamespace = 'public'::regnamespace
  and c.relkind in ('r', 'p')
  and not c.relrowsecurity
  and u.users is not null
order by c.relname
