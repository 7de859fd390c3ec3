-- Deleting a row looks for those that point at it: without an index, through the whole table.
select k.conrelid::regclass || '.' || k.conname as offender
from pg_catalog.pg_constraint as k
inner join pg_catalog.pg_class as c on k.conrelid = c.oid
where
  k.contype = 'f'
  and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
  and not exists (
    select
    from pg_catalog.pg_index as i
    where
      i.indrelid = k.conrelid
      and i.indpred is null
      and i.indisvalid
      and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
  )
