-- Bringing the dashboards up to date, at the cost of what changed.

-- Writes anew what the dashboards show: which day it is in each zone, then their rows. PostgreSQL
-- analyses all new rows before it compares them with the old ones, all columns by a sample of
-- 300 × the target: the comparison joins on the key, and needs no more of statistics than that.
create function private.project_kpis()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set default_statistics_target = 1
as $$
begin
  delete from private.kpi_zones as z
  where not exists (select from private.kpi_totals as t where t.timezone = z.timezone);

  insert into private.kpi_zones as z (timezone, today)
  select
    t.timezone,
    (now() at time zone t.timezone)::date
  from private.kpi_totals as t
  group by t.timezone
  on conflict (timezone) do update set today = excluded.today
  where z.today <> excluded.today;

  refresh materialized view concurrently private.coach_dashboard_kpis;
end;
$$;

comment on function private.project_kpis() is
'Refreshes coach_dashboard_kpis from kpi_totals and kpi_daily, for the present day of each zone.';

-- Takes up what has changed since the last refresh; with `full`, counts everything anew. Where
-- nothing changed and no day has ended, nothing is written but that it was so. Two at once do not
-- collide: the second says «busy». It is one transaction: whatever ends it in the middle, the marks
-- are still there.
create function private.refresh_kpis("full" boolean default false)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
-- Compiling hundreds of small expressions takes longer than evaluating them.
set jit = off
as $$
declare
  v_started_at timestamptz := clock_timestamp();
  v_every boolean;
  v_recounted uuid [];
  v_tenants uuid [];
  v_reshaped uuid [] := '{}';
  v_kinds text [] := '{}';
  v_changes bigint;
  v_days bigint := 0;
  v_added record;
  v_turned uuid [];
  v_is_stale boolean;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('setterbase.refresh_kpis', 0)) then
    return jsonb_build_object('status', 'busy');
  end if;

  with marks as (
    delete from private.kpi_tenant_changes as t
    returning t.*
  )
  select
    refresh_kpis."full" or coalesce(bool_or(m.recount and m.coach_id is null), false),
    array_agg(distinct m.coach_id) filter (where m.recount and m.coach_id is not null),
    coalesce(array_agg(distinct m.coach_id) filter (where m.coach_id is not null), '{}'),
    count(*)
  into v_every, v_recounted, v_tenants, v_changes
  from marks as m;

  -- First what must be counted anew, then what can be added: a mark that is written in between is
  -- not in the count, and is added.
  if v_every or v_recounted is not null then
    v_days := private.recount_kpis(case when not v_every then v_recounted end);
  end if;
  if v_changes > 0 then
    insert into private.kpi_totals (coach_id, timezone)
    select
      c.id,
      c.timezone
    from public.coachs as c
    where c.id = any (v_tenants)
    order by c.id
    for key share
    on conflict do nothing;
  end if;
  if exists (select from private.kpi_message_changes)
    or exists (select from private.kpi_sequence_changes)
    or exists (select from private.kpi_lead_changes) then
    v_added := private.add_kpi_changes();
    v_changes := v_changes + v_added.changes;
    v_days := v_days + v_added.days;
    v_tenants := v_tenants || v_added.tenants;
    v_reshaped := coalesce(v_added.reshaped, '{}');
    v_kinds := coalesce(v_added.kinds, '{}');
  end if;

  -- A day that ended moves «today» and «this week» in the rows of its tenants, and nothing else.
  v_turned := array(
    select t.coach_id
    from private.kpi_totals as t
    inner join private.kpi_zones as z on t.timezone = z.timezone
    where z.today <> (now() at time zone z.timezone)::date
  );
  v_is_stale := v_every or v_changes > 0 or exists (
    select from private.kpi_zones as z
    where z.today <> (now() at time zone z.timezone)::date
  );
  v_tenants := array(
    select c.id from public.coachs as c
    where v_every or c.id = any (v_tenants)
  );
  if v_is_stale then
    perform private.project_kpis();
    -- Beside tenants that were counted anew stands no kind: of them every list is.
    perform private.refresh_boards(
      v_tenants,
      case when not v_every then v_reshaped || v_recounted end,
      case when not v_every then v_kinds end
    );
    perform private.relabel_boards(v_turned);
  end if;

  delete from private.kpi_refreshes as r where r.finished_at < now() - interval '30 days';
  insert into private.kpi_refreshes (started_at, finished_at, days, tenants, changes)
  values (v_started_at, clock_timestamp(), v_days, cardinality(v_tenants), v_changes);
  return jsonb_build_object(
    'status', case when v_is_stale then 'refreshed' else 'unchanged' end,
    'changes', v_changes,
    'days', v_days,
    'tenants', cardinality(v_tenants),
    'duration_ms', round(extract(epoch from clock_timestamp() - v_started_at) * 1000, 1)
  );
end;
$$;

comment on function private.refresh_kpis(boolean) is
'Brings kpi_daily and coach_dashboard_kpis up to date; answers {"status": "refreshed" | '
'"unchanged" | "busy", "changes", "days", "tenants", "duration_ms"}.';
