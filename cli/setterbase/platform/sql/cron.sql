-- pg_cron, where the server preloads it for this very database. Only a superuser may create it;
-- hosted Supabase does so for `postgres` and then grants the same.
do $$
begin
  if current_setting('cron.database_name', true) = current_database() then
    create extension if not exists pg_cron;
    grant usage on schema cron to postgres with grant option;
    grant all on all tables in schema cron to postgres with grant option;
    -- Jobs are made and altered through the functions, which check.
    revoke insert, update, delete, truncate on cron.job from postgres;
  end if;
end
$$;
