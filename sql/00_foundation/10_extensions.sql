-- pg_cron runs the job catalogue where it can be had: hosted Supabase and the Docker stack. Where
-- it cannot, the migration goes on and says why; the local supervisor runs the jobs then.
do $$
begin
  if exists (select from pg_catalog.pg_available_extensions as e where e.name = 'pg_cron') then
    create extension if not exists pg_cron;
  end if;
exception
  when others then
    raise warning 'pg_cron is not used here: %', sqlerrm;
end;
$$;
