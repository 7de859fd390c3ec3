-- A materialized view has no row level security: no API role may read one.
select
  format('%s may read the materialized view %I.%I: it shows every tenant.', u.users, n.nspname, c.relname)
    as what,
  format('revoke all on %I.%I from public, anon, authenticated;', n.nspname, c.relname) as mend
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
cross join lateral (
  select string_agg(r.rolname, ', ' order by r.rolname) as users
  from pg_catalog.pg_roles as r
  where
    r.rolname in ('anon', 'authenticated')
    and has_table_privilege(r.oid, c.oid, 'select')
) as u
where
  n.nspname in ('public', 'private')
  and c.relkind = 'm'
  and u.users is not null
order by n.nspname, c.relname
