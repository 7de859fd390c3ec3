-- A change of the schema reaches PostgREST by itself, as on hosted Supabase. Only a superuser may
-- make event triggers, and a migration runs as `postgres`: so the platform makes them.
create or replace function extensions.pgrst_ddl_watch()
returns event_trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_command record;
begin
  for v_command in select * from pg_event_trigger_ddl_commands() loop
    if v_command.command_tag in (
      'CREATE SCHEMA', 'ALTER SCHEMA', 'CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO',
      'ALTER TABLE', 'CREATE FOREIGN TABLE', 'ALTER FOREIGN TABLE', 'CREATE VIEW', 'ALTER VIEW',
      'CREATE MATERIALIZED VIEW', 'ALTER MATERIALIZED VIEW', 'CREATE FUNCTION', 'ALTER FUNCTION',
      'CREATE TRIGGER', 'CREATE TYPE', 'ALTER TYPE', 'CREATE RULE', 'COMMENT'
    ) and v_command.schema_name is distinct from 'pg_temp' then
      notify pgrst, 'reload schema';
      return;
    end if;
  end loop;
end;
$$;

create or replace function extensions.pgrst_drop_watch()
returns event_trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_dropped record;
begin
  for v_dropped in select * from pg_event_trigger_dropped_objects() loop
    if v_dropped.object_type in (
      'schema', 'table', 'foreign table', 'view', 'materialized view', 'function', 'trigger',
      'type', 'rule'
    ) and not v_dropped.is_temporary then
      notify pgrst, 'reload schema';
      return;
    end if;
  end loop;
end;
$$;

comment on function extensions.pgrst_ddl_watch() is 'Tells PostgREST of a change of the schema.';
comment on function extensions.pgrst_drop_watch() is 'Tells PostgREST of what was dropped.';

do $$
begin
  drop event trigger if exists pgrst_ddl_watch;
  create event trigger pgrst_ddl_watch on ddl_command_end
  execute function extensions.pgrst_ddl_watch();
  drop event trigger if exists pgrst_drop_watch;
  create event trigger pgrst_drop_watch on sql_drop
  execute function extensions.pgrst_drop_watch();
end
$$;
