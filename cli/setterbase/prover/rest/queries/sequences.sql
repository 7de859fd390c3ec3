-- Where the sequences stand; without a value, one has not begun.
select
  pg_catalog.format('%I.%I', s.schemaname, s.sequencename) as name,
  s.start_value,
  s.last_value
from pg_catalog.pg_sequences as s
order by 1;
