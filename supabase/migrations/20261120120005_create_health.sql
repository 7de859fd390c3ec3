-- Purpose: what monitoring asks: freshness of the KPIs, jobs, dead letters, last migration.
-- Locks or destroys: nothing that exists.

-- How each part of the backend stands, and who may not be told more than that it does.
--
-- A part is `ok`; `degraded`, when somebody should look and clients notice nothing; or `failing`,
-- when what clients see is wrong or will be.

create function private.health_of_kpis()
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    jsonb_build_object(
      'status', case
        when r.finished_at > now() - interval '15 minutes' then 'ok'
        -- Without a tenant there is no figure that could be old.
        when not exists (select from public.coachs) then 'ok'
        else 'failing'
      end,
      'last_refresh_at', r.finished_at,
      'age_seconds', floor(extract(epoch from greatest(now(), r.finished_at) - r.finished_at)),
      'limit_seconds', 900
    )
  from (select max(k.finished_at) as finished_at from private.kpi_refreshes as k) as r;
end;

comment on function private.health_of_kpis() is
'Failing when no refresh has ended for three times the interval at which they run.';

create function private.health_of_dead_letters()
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    jsonb_build_object(
      'status', case when count(*) = 0 then 'ok' else 'degraded' end,
      'waiting', count(*),
      'oldest_at', min(d.received_at)
    )
  from private.dead_letters as d
  where d.resolved_at is null;
end;

comment on function private.health_of_dead_letters() is
'Degraded while an event waits that could not be applied.';

-- The latest run of each job of the catalogue, whoever runs them. `cron` does not exist everywhere,
-- so it is asked dynamically; a run that is under way says nothing yet. What a job failed with is
-- left out: an error may quote the row that it is about.
create function private.job_states()
returns table (
  name text,
  schedule text,
  state text,
  last_run_at timestamptz,
  last_success_at timestamptz
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regclass('cron.job') is null then
    return query
    select
      c.name,
      c.schedule,
      case when r.failures > 0 then 'failed' when r.succeeded_at is null then 'waiting' else 'ok' end,
      r.started_at,
      r.succeeded_at
    from private.job_catalog as c
    left join private.job_runs as r on c.name = r.job_name
    order by c.name collate "C";
    return;
  end if;
  return query execute
    'select c.name, c.schedule,'
    '  case when j.jobid is null or not j.active then ''missing'''
    '    when r.status = ''failed'' then ''failed'''
    '    when r.status is null then ''waiting'' else ''ok'' end,'
    '  r.start_time, s.start_time'
    ' from private.job_catalog as c'
    ' left join cron.job as j on j.jobname = c.name'
    ' left join lateral (select d.status, d.start_time from cron.job_run_details as d'
    '   where d.jobid = j.jobid and d.status in (''succeeded'', ''failed'')'
    '   order by d.runid desc limit 1) as r on true'
    ' left join lateral (select d.start_time from cron.job_run_details as d'
    '   where d.jobid = j.jobid and d.status = ''succeeded'''
    '   order by d.runid desc limit 1) as s on true'
    ' order by c.name collate "C"';
end;
$$;

comment on function private.job_states() is
'Each job of the catalogue: ok, failed, waiting for its first run, or missing (not scheduled).';

create function private.health_of_jobs()
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    jsonb_build_object(
      'status', case
        when bool_or(j.state in ('failed', 'missing')) then 'failing'
        -- Nobody has run any of them yet.
        when bool_and(j.state = 'waiting') then 'degraded'
        else 'ok'
      end,
      'runner', case when to_regclass('cron.job') is null then 'supervisor' else 'pg_cron' end,
      'list', coalesce(jsonb_agg(to_jsonb(j) order by j.name collate "C"), '[]')
    )
  from private.job_states() as j;
end;

comment on function private.health_of_jobs() is
'Failing when the latest run of a job failed or pg_cron does not have it.';

-- Definer: it counts rows of tables that the asker may not read. See public.health.
create function private.health()
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_parts jsonb := jsonb_build_object(
    'kpis', private.health_of_kpis(),
    'jobs', private.health_of_jobs(),
    'dead_letters', private.health_of_dead_letters()
  );
  v_migration text;
begin
  -- Another tool may have brought the schema here, and left no history.
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    execute 'select max(version) from supabase_migrations.schema_migrations' into v_migration;
  end if;
  return v_parts || jsonb_build_object(
    'status', case
      when jsonb_path_exists(v_parts, '$.*.status ? (@ == "failing")') then 'failing'
      when jsonb_path_exists(v_parts, '$.*.status ? (@ == "degraded")') then 'degraded'
      else 'ok'
    end,
    'checked_at', now(),
    'last_migration', v_migration,
    'postgres', current_setting('server_version')
  );
end;
$$;

comment on function private.health() is
'Definer: it counts rows of tables that the asker may not read. See public.health.';

-- What monitoring asks.

create function public.health()
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select private.health();
end;

comment on function public.health() is
'Whether the backend is ok, degraded or failing: KPIs (refreshed within 15 minutes), jobs, dead '
'letters, last migration. No secrets, no tenant''s figures.';

-- The security of the health domain, whole.

revoke execute on all functions in schema private from public;
grant execute on function private.health() to service_role;

-- It tells of the platform, not of a tenant: monitoring asks with the secret key. Strangers ask the
-- edge function `health`, which passes on the words ok, degraded and failing and nothing else;
-- authenticated is granted nothing, since no tenant's member runs the platform.
revoke all on function public.health() from public, anon, authenticated, service_role;
grant execute on function public.health() to service_role;
