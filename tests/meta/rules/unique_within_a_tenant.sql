-- Uniqueness across tenants tells one what another has. Keys that nobody can guess may be alone.
select i.indexrelid::regclass::text as offender
from pg_catalog.pg_index as i
inner join pg_catalog.pg_attribute as tenant
  on i.indrelid = tenant.attrelid and tenant.attname = 'coach_id'
inner join pg_catalog.pg_class as c on i.indrelid = c.oid
where
  i.indisunique
  and c.relkind in ('r', 'p')
  and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
  and not tenant.attnum = any(i.indkey)
  and c.oid::regclass::text <> 'private.dead_letters'
  and exists (
    select
    from unnest(i.indkey) as part (number)
    left join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and part.number = a.attnum
    where
      part.number = 0
      or not (a.atttypid = 'uuid'::regtype or a.attidentity <> '')
  )
