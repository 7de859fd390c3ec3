-- Every row belongs to a tenant and says to which; these few belong to the platform.
select c.oid::regclass::text as offender
from pg_catalog.pg_class as c
where
  c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
  and c.relkind in ('r', 'p')
  and c.oid::regclass::text not in (
    'public.coachs', 'public.kpi_catalog', 'private.job_catalog', 'private.kpi_refreshes',
    'private.dead_letters', 'private.job_runs'
  )
  and not exists (
    select
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_constraint as k on a.attrelid = k.conrelid
    where
      a.attrelid = c.oid
      and a.attname = 'coach_id'
      and a.atttypid = 'uuid'::regtype
      and a.attnotnull
      and k.contype = 'f'
      and a.attnum = any(k.conkey)
  )
