-- Where every sequence stands now, those made in this transaction included.
select
  (quote_ident(s.schemaname) || '.' || quote_ident(s.sequencename))::regclass::oid as sequence,
  s.schemaname || '.' || s.sequencename as label,
  s.last_value
from pg_sequences s;
