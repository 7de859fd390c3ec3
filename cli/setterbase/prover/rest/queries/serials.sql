-- The sequences behind a table's columns, so that they go on after the rows that were copied.
select
  a.attname as name,
  pg_catalog.pg_get_serial_sequence(
    pg_catalog.format('%%I.%%I', %(schema)s::text, %(table)s::text), a.attname
  ) as sequence
from pg_catalog.pg_attribute as a
where
  a.attrelid = pg_catalog.format('%%I.%%I', %(schema)s::text, %(table)s::text)::regclass
  and a.attnum > 0 and not a.attisdropped;
