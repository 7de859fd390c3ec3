-- What was applied. Through to_jsonb, as a history that an old tool made may lack both columns.
select
  m.version,
  coalesce(to_jsonb(m) ->> 'name', '') as name,
  to_jsonb(m) -> 'statements' as statements
from supabase_migrations.schema_migrations as m
order by m.version collate "C"
