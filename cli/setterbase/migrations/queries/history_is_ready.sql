-- Whether the history table has its three columns; asked first, as `create … if not exists`
-- wants the right to create even where nothing is missing.
select count(*) = 3
from pg_catalog.pg_attribute
where
  attrelid = to_regclass('supabase_migrations.schema_migrations')
  and not attisdropped
  and attname in ('version', 'statements', 'name')
