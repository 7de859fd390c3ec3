-- A reference to a tenant's row carries coach_id, so that it can never reach into another tenant.
select k.conrelid::regclass || '.' || k.conname as offender
from pg_catalog.pg_constraint as k
inner join pg_catalog.pg_attribute as target
  on k.confrelid = target.attrelid and target.attname = 'coach_id'
inner join pg_catalog.pg_class as c on k.conrelid = c.oid
where
  k.contype = 'f'
  and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
  and not exists (
    select
    from unnest(k.conkey, k.confkey) as pair (from_column, to_column)
    inner join pg_catalog.pg_attribute as a
      on a.attrelid = k.conrelid and pair.from_column = a.attnum
    where pair.to_column = target.attnum and a.attname = 'coach_id'
  )
