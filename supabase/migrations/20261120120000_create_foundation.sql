-- Purpose: The private schema, the catalogue of scheduled jobs, pg_cron where it can be had.
-- Locks or destroys: nothing that exists.

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

-- What every domain stands on: the private schema and the catalogue of scheduled jobs.

-- Helpers, queues and materialized views live here. It is never exposed, and no API role has usage
-- on it: a policy or a view body is bound to its helper when it is made and needs only `execute`.
create schema private;

comment on schema private is
'Helpers, queues, materialized views. Never exposed; API roles have no usage.';

-- One row per scheduled job, whoever runs it: pg_cron where that extension exists, the local
-- supervisor elsewhere. Domains add their own rows.
create table private.job_catalog (
  name text not null,
  schedule text not null,
  command text not null,
  constraint job_catalog_pkey primary key (name),
  constraint job_catalog_name_check check (name ~ '^setterbase_[a-z_]+$')
);

comment on table private.job_catalog is
'Scheduled jobs: registered with pg_cron where it exists, else run by the local supervisor.';
comment on column private.job_catalog.schedule is 'A five-field cron expression, in UTC.';

-- How each job fared, where the local supervisor runs it: one row a job, the latest run. pg_cron
-- keeps its own in cron.job_run_details.
create table private.job_runs (
  job_name text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  succeeded_at timestamptz,
  failures integer not null default 0,
  error text,
  constraint job_runs_pkey primary key (job_name),
  constraint job_runs_job_name_fkey foreign key (job_name)
  references private.job_catalog (name) on delete cascade,
  constraint job_runs_failures_check check (failures >= 0)
);
alter table private.job_runs enable row level security;

comment on table private.job_runs is
'The latest run of each job, where the local supervisor runs the catalogue.';
comment on column private.job_runs.started_at is 'When the latest run began.';
comment on column private.job_runs.finished_at is 'When it ended; null while it runs.';
comment on column private.job_runs.succeeded_at is 'When a run last ended well; null if none did.';
comment on column private.job_runs.failures is 'Runs that failed in a row; 0 after a good one.';
comment on column private.job_runs.error is 'What the latest run failed with; null after a good one.';

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

-- Who may do what: nobody, until a domain grants it.

revoke all on schema private from public, anon, authenticated, service_role;
revoke all on private.job_catalog from public, anon, authenticated, service_role;
revoke all on private.job_runs from public, anon, authenticated, service_role;
alter table private.job_catalog enable row level security;

revoke execute on all functions in schema private from public;
