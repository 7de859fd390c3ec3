-- Every table that holds a tenant's rows, whichever domain made it: the tenant's own, and all with a
-- coach_id. `cascades` says that its rows go with the tenant or with a lead of it.
select
  n.nspname as schema,
  c.relname as name,
  case when c.oid = 'public.coachs'::regclass then 'id' else 'coach_id' end as key,
  exists (
    select from pg_catalog.pg_constraint as k
    where k.conrelid = c.oid and k.contype = 'f' and k.confdeltype = 'c' and a.attnum = any(k.conkey)
  ) as cascades,
  array(
    select b.attname::text
    from pg_catalog.pg_attribute as b
    where b.attrelid = c.oid and b.attnum > 0 and not b.attisdropped
    order by b.attnum
  ) as columns,
  coalesce(
    (
      select array_agg(b.attname::text order by array_position(i.indkey::smallint [], b.attnum))
      from pg_catalog.pg_index as i
      inner join pg_catalog.pg_attribute as b
        on i.indrelid = b.attrelid and b.attnum = any(i.indkey)
      where i.indrelid = c.oid and i.indisprimary
    ),
    '{}'
  ) as order_by
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid
where
  c.relkind in ('r', 'p')
  and not c.relispartition
  and c.relpersistence <> 't'
  and n.nspname not in ('pg_catalog', 'information_schema', 'auth', 'storage', 'realtime')
  and (
    (c.oid = 'public.coachs'::regclass and a.attname = 'id')
    or (c.oid <> 'public.coachs'::regclass and a.attname = 'coach_id')
  )
  and a.atttypid = 'uuid'::regtype
order by c.oid <> 'public.coachs'::regclass, n.nspname <> 'public', n.nspname, c.relname
