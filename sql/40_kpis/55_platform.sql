-- What the platform asks of itself: every tenant in one table, and whether all is well.

create function public.admin_overview()
returns table (
  coach_id uuid,
  name text,
  email text,
  status text,
  total_leads bigint,
  leads_week bigint,
  calls_booked bigint,
  leads_won bigint,
  total_revenue numeric,
  currency text,
  last_message_at timestamptz,
  last_updated timestamptz
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    c.id,
    c.name,
    c.email,
    c.status,
    k.total_leads,
    k.leads_week,
    k.calls_booked,
    k.leads_won,
    k.total_revenue,
    c.currency,
    (
      select m.created_at
      from public.messages as m
      where m.coach_id = c.id
      order by m.created_at desc
      limit 1
    ),
    k.last_updated
  from public.coachs as c
  left join public.coach_dashboard_kpis as k on c.id = k.coach_id
  where (select private.sees_every_tenant())
  order by c.name collate "C" asc, c.id asc;
end;

comment on function public.admin_overview() is
'Every tenant in one table, for platform admins and the secret key; empty for everybody else.';

create function private.health()
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_refreshed_at timestamptz := (select max(r.finished_at) from private.kpi_refreshes as r);
  v_waiting bigint := (select count(*) from private.dead_letters as d where d.resolved_at is null);
  v_migration text;
  v_jobs jsonb := (
    select coalesce(jsonb_agg(jsonb_build_object('name', j.name, 'schedule', j.schedule) order by j.name), '[]')
    from private.job_catalog as j
  );
  v_runner text := 'local';
  v_fresh boolean;
begin
  -- Neither table exists everywhere, so both are asked dynamically.
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    execute 'select max(version) from supabase_migrations.schema_migrations' into v_migration;
  end if;
  if exists (select from pg_catalog.pg_extension as e where e.extname = 'pg_cron') then
    v_runner := 'pg_cron';
    execute
      'select coalesce(jsonb_agg(jsonb_build_object('
      '  ''name'', c.name, ''schedule'', c.schedule, ''last_status'', r.status,'
      '  ''last_run_at'', r.start_time) order by c.name), ''[]'')'
      ' from private.job_catalog as c'
      ' left join cron.job as j on j.jobname = c.name'
      ' left join lateral (select d.status, d.start_time from cron.job_run_details as d'
      '   where d.jobid = j.jobid order by d.runid desc limit 1) as r on true'
      into v_jobs;
  end if;
  v_fresh := coalesce(v_refreshed_at > now() - interval '15 minutes', false);
  return jsonb_build_object(
    'status', case when v_fresh and v_waiting = 0 then 'ok' else 'degraded' end,
    'kpis', jsonb_build_object(
      'fresh', v_fresh,
      'last_refresh_at', v_refreshed_at,
      'age_seconds', floor(extract(epoch from now() - v_refreshed_at))
    ),
    'jobs', jsonb_build_object('runner', v_runner, 'list', v_jobs),
    'dead_letters', v_waiting,
    'last_migration', v_migration,
    'postgres', current_setting('server_version')
  );
end;
$$;

comment on function private.health() is
'Definer: it counts rows of tables that the asker may not read. See public.health.';

create function public.health()
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select private.health();
end;

comment on function public.health() is
'Freshness of the KPIs (fresh: refreshed within 15 minutes), jobs, waiting dead letters, last '
'migration. No secrets, no tenant''s figures.';
