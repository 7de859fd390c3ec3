-- Where every sequence stands now, those made in this transaction included.
-- By names, for a cast to regclass asks for a right to use the schema.
select
  c.oid as sequence,
  s.schemaname || '.' || s.sequencename as label,
  s.last_value
from pg_catalog.pg_sequences s
join pg_catalog.pg_namespace n on n.nspname = s.schemaname
join pg_catalog.pg_class c
  on c.relnamespace = n.oid and c.relname = s.sequencename and c.relkind = 'S';
