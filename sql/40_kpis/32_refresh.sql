-- Bringing the dashboards up to date, and telling whether they are.

-- Recomputes kpi_daily and the materialized row of every tenant, whether `full` is asked or not:
-- this engine keeps no marks of what changed. Two at once do not collide: the second says «busy».
create function private.refresh_kpis("full" boolean default false)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_started_at timestamptz := clock_timestamp();
  v_days integer;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('setterbase.refresh_kpis', 0)) then
    return jsonb_build_object('status', 'busy');
  end if;

  -- Computed once; only rows that differ are written.
  with fresh as materialized (
    select n.* from private.kpi_days as n
  ),
  gone as (
    delete from public.kpi_daily as d
    where not exists (
      select from fresh as f where f.coach_id = d.coach_id and f.date = d.date
    )
    returning 1
  ),
  written as (
    insert into public.kpi_daily as d
    select f.*
    from fresh as f
    left join public.kpi_daily as old on f.coach_id = old.coach_id and f.date = old.date
    where old.coach_id is null or row(old.*) is distinct from row(f.*)
    on conflict (coach_id, date) do update
      set
        messages_sent = excluded.messages_sent,
        messages_received = excluded.messages_received,
        leads = excluded.leads,
        males = excluded.males,
        females = excluded.females,
        others = excluded.others,
        age_sum = excluded.age_sum,
        ages = excluded.ages,
        emails = excluded.emails,
        new_leads = excluded.new_leads,
        engaged_leads = excluded.engaged_leads,
        relance_leads = excluded.relance_leads,
        won_leads = excluded.won_leads,
        lost_leads = excluded.lost_leads,
        revenue = excluded.revenue,
        deals = excluded.deals,
        msg1_sent = excluded.msg1_sent,
        msg1_replied = excluded.msg1_replied,
        msg2_sent = excluded.msg2_sent,
        msg2_replied = excluded.msg2_replied,
        msg3_sent = excluded.msg3_sent,
        msg3_replied = excluded.msg3_replied,
        msg4_sent = excluded.msg4_sent,
        msg4_replied = excluded.msg4_replied,
        discussions = excluded.discussions,
        discussion_seconds = excluded.discussion_seconds,
        qualified_leads = excluded.qualified_leads,
        calls_proposed = excluded.calls_proposed,
        calls_booked = excluded.calls_booked,
        calls_due = excluded.calls_due,
        no_shows = excluded.no_shows,
        lead_magnets = excluded.lead_magnets,
        timed_actions = excluded.timed_actions,
        action_minutes = excluded.action_minutes,
        win_hours = excluded.win_hours
    returning 1
  )
  select (select count(*) from gone) + (select count(*) from written) into v_days;

  -- The materialized view is planned by what is known of kpi_daily; autovacuum cannot have seen yet
  -- what a first or a large refresh wrote.
  if v_days > 1000 then
    analyze public.kpi_daily;
  end if;

  perform private.refresh_boards();
  refresh materialized view concurrently private.coach_dashboard_kpis;

  delete from private.kpi_refreshes as r where r.finished_at < now() - interval '30 days';
  insert into private.kpi_refreshes (started_at, finished_at, days)
  values (v_started_at, clock_timestamp(), v_days);
  return jsonb_build_object(
    'status', 'refreshed',
    'days', v_days,
    'duration_ms', round(extract(epoch from clock_timestamp() - v_started_at) * 1000)
  );
end;
$$;

comment on function private.refresh_kpis(boolean) is
'Brings kpi_daily and coach_dashboard_kpis up to date; answers {"status": "refreshed" | "busy",'
' "days", "duration_ms"}.';
