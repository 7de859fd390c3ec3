-- Every row belongs to a tenant and says to which; these few belong to the platform. The logs of
-- the KPIs name a tenant without a foreign key: its check would lock the tenant's row at each
-- message.
select c.oid::regclass::text as offender
from pg_catalog.pg_class as c
where
  c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
  and c.relkind in ('r', 'p')
  and c.oid::regclass::text not in (
    'public.coachs', 'public.kpi_catalog', 'private.job_catalog', 'private.kpi_refreshes',
    'private.dead_letters', 'private.job_runs', 'private.kpi_zones', 'private.kpi_message_changes',
    'private.kpi_sequence_changes', 'private.kpi_lead_changes', 'private.kpi_tenant_changes'
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
