-- A statement of a client ends in time, and one of ours is not cut off. Milliseconds; a setting for
-- this database outranks the role's own.
with limits as (
  select
    r.rolname,
    (
      select
        case when c.line ~ '=\d+$' then split_part(c.line, '=', 2)::bigint
          else extract(epoch from split_part(c.line, '=', 2)::interval)::bigint * 1000 end
      from pg_catalog.pg_db_role_setting as d
      cross join lateral unnest(d.setconfig) as c (line)
      where
        d.setrole = r.oid
        and c.line like 'statement\_timeout=%'
        and d.setdatabase in (
          0, (select b.oid from pg_catalog.pg_database as b where b.datname = current_database())
        )
      order by d.setdatabase desc
      limit 1
    ) as own
  from pg_catalog.pg_roles as r
  where r.rolname in ('anon', 'authenticated', 'postgres')
)
select
  case
    when l.rolname = 'postgres'
      then format('A statement of postgres is cut off after %s ms: migrations and refreshes are.', l.own)
    when coalesce(l.own, 0) = 0
      then format('A statement of %s has no limit of its own: one client can hold up all.', l.rolname)
    else format('A statement of %s may take %s ms: a few can hold up all clients.', l.rolname, l.own)
  end as what,
  case
    when l.rolname = 'postgres' then 'alter role postgres reset statement_timeout;'
    else format(
      'alter role %I set statement_timeout = ''%s'';',
      l.rolname, case l.rolname when 'anon' then '3s' else '8s' end
    )
  end as mend,
  'warning' as verdict
from limits as l
where
  case l.rolname
    when 'postgres' then l.own between 1 and 59999
    else coalesce(l.own, 0) not between 1 and 60000
  end
order by l.rolname
