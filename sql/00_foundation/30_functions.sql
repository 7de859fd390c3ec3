-- Functions that lean on no table but the job catalogue.
--
-- Every function of every domain pins `search_path = pg_catalog, pg_temp`. An empty path leaves
-- pg_temp in front for the names of tables and types: whoever can make a temporary domain called
-- «jsonb» would have its check run with the rights of a definer. Named last, it is searched last.

-- Whether PostgreSQL can convert to this time zone. Trying it costs microseconds where a search of
-- pg_timezone_names reads the whole zone directory; the pattern keeps POSIX strings such as
-- «EST+5» out, which PostgreSQL would accept with the sign reversed.
create function private.is_time_zone(name text)
returns boolean
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if is_time_zone.name !~ '^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$' then
    return false;
  end if;
  perform timestamptz 'epoch' at time zone is_time_zone.name;
  return true;
exception
  when invalid_parameter_value then
    return false;
end;
$$;

comment on function private.is_time_zone(text) is
'Whether the name is a time zone that PostgreSQL knows.';

create function private.tg_set_updated_at()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  new.updated_at := now();
  return new;
end;
$$;

comment on function private.tg_set_updated_at() is
'Before update: updated_at says when the row last changed.';

-- Brings pg_cron in line with the catalogue: our jobs that left it are unscheduled, all others are
-- scheduled anew under their name. Says how many it registered; null where pg_cron is absent.
-- Dynamic SQL, because the schema `cron` does not exist everywhere.
create function private.register_jobs()
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_job private.job_catalog;
  v_stale text;
  v_registered integer := 0;
begin
  if not exists (select 1 from pg_catalog.pg_extension as e where e.extname = 'pg_cron') then
    return null;
  end if;
  for v_stale in execute
    'select j.jobname from cron.job as j'
    ' where j.jobname like ''setterbase\_%'''
    ' and not exists (select 1 from private.job_catalog as c where c.name = j.jobname)'
  loop
    execute 'select cron.unschedule($1)' using v_stale;
  end loop;
  for v_job in select c.* from private.job_catalog as c order by c.name loop
    execute 'select cron.schedule($1, $2, $3)' using v_job.name, v_job.schedule, v_job.command;
    v_registered := v_registered + 1;
  end loop;
  return v_registered;
end;
$$;

comment on function private.register_jobs() is
'Schedules the job catalogue with pg_cron; null where that extension is absent.';
