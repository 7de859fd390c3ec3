-- Every table that holds rows of its own, of the project's and the platform's schemas, and its
-- columns that can be written.
select
  n.nspname as schema,
  c.relname as name,
  array_agg(a.attname::text order by a.attnum) as columns
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid
where
  c.relkind = 'r'
  and n.nspname !~ '^pg_'
  and n.nspname <> 'information_schema'
  and a.attnum > 0
  and not a.attisdropped
  and a.attgenerated = ''
group by c.oid, n.nspname, c.relname
order by c.oid;
