-- What history and comparison share: the KPIs of windows of days, from kpi_daily.

-- The KPIs of some windows of days, one row each, from kpi_daily. Windows are numbered by their
-- place in the arrays, both ends included. Only what was measured: the settings passed here hold no
-- assumption, so a window without a measurement shows 0 or null, never an unmarked estimate.
create function private.kpi_windows(coach_id uuid, starts date[], ends date[])
returns table (
  number bigint,
  window_start date,
  window_end date,
  total_messages_sent bigint,
  total_messages_received bigint,
  total_leads bigint,
  leads_today bigint,
  leads_week bigint,
  avg_messages_per_lead numeric,
  avg_discussion_minutes numeric,
  msg1_rate numeric,
  msg2_rate numeric,
  msg3_rate numeric,
  msg4_rate numeric,
  contacted_leads bigint,
  qualified_leads bigint,
  calls_proposed bigint,
  calls_booked bigint,
  qualification_rate numeric,
  call_booking_rate numeric,
  lead_magnets_sent bigint,
  emails_captured bigint,
  no_show_rate numeric,
  male_count bigint,
  female_count bigint,
  other_count bigint,
  male_pct numeric,
  female_pct numeric,
  other_pct numeric,
  avg_age numeric,
  new_leads bigint,
  engaged_leads bigint,
  leads_won bigint,
  leads_lost bigint,
  leads_relance bigint,
  lost_rate numeric,
  relance_rate numeric,
  win_rate numeric,
  total_revenue numeric,
  deals_count bigint,
  avg_deal_value numeric,
  acquisition_cost numeric,
  roi_pct numeric,
  ai_efficiency numeric,
  hours_saved_monthly numeric,
  avg_time_to_action_minutes numeric,
  estimated_kpis text[]
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  with parts as (
    select
      w.number,
      row(
        kpi_windows.coach_id,
        null::date,
        coalesce(sum(d.messages_sent), 0),
        coalesce(sum(d.messages_received), 0),
        coalesce(sum(d.leads), 0),
        coalesce(sum(d.males), 0),
        coalesce(sum(d.females), 0),
        coalesce(sum(d.others), 0),
        coalesce(sum(d.age_sum), 0),
        coalesce(sum(d.ages), 0),
        coalesce(sum(d.emails), 0),
        coalesce(sum(d.new_leads), 0),
        coalesce(sum(d.engaged_leads), 0),
        coalesce(sum(d.relance_leads), 0),
        coalesce(sum(d.won_leads), 0),
        coalesce(sum(d.lost_leads), 0),
        coalesce(sum(d.revenue), 0),
        coalesce(sum(d.deals), 0),
        coalesce(sum(d.msg1_sent), 0),
        coalesce(sum(d.msg1_replied), 0),
        coalesce(sum(d.msg2_sent), 0),
        coalesce(sum(d.msg2_replied), 0),
        coalesce(sum(d.msg3_sent), 0),
        coalesce(sum(d.msg3_replied), 0),
        coalesce(sum(d.msg4_sent), 0),
        coalesce(sum(d.msg4_replied), 0),
        coalesce(sum(d.discussions), 0),
        coalesce(sum(d.discussion_seconds), 0),
        coalesce(sum(d.qualified_leads), 0),
        coalesce(sum(d.calls_proposed), 0),
        coalesce(sum(d.calls_booked), 0),
        coalesce(sum(d.calls_due), 0),
        coalesce(sum(d.no_shows), 0),
        coalesce(sum(d.lead_magnets), 0),
        coalesce(sum(d.timed_actions), 0),
        coalesce(sum(d.action_minutes), 0),
        '{}'::integer[]
      )::public.kpi_daily as parts
    from
      unnest(kpi_windows.starts, kpi_windows.ends)
      with ordinality as w (window_start, window_end, number)
    left join public.kpi_daily as d
      on
        d.coach_id = kpi_windows.coach_id
        and d.date between w.window_start and w.window_end
    group by w.number
  )
  select
    p.number,
    kpi_windows.starts[p.number],
    kpi_windows.ends[p.number],
    f.*
  from parts as p
  cross join
    lateral private.kpi_figures(
      p.parts,
      null,
      null,
      jsonb_populate_record(
        null::public.coach_settings, '{"lead_magnet_estimate_pct": 0, "email_estimate_pct": 0}'
      )
    ) as f
  order by p.number;
end;

comment on function private.kpi_windows(uuid, date[], date[]) is
'The KPIs of each [start, end] window of days.';

-- Raises for a window of time that makes no sense, so that a client's mistake is no empty chart.
create function private.check_window(from_date date, to_date date, grain text)
returns boolean
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if check_window.grain not in ('day', 'week', 'month', 'year') then
    raise exception 'grain must be one of day, week, month, year' using errcode = '22023';
  elsif
    check_window.from_date not between '0001-01-01' and '9999-12-31'
    or check_window.to_date not between '0001-01-01' and '9999-12-31'
  then
    raise exception 'from_date and to_date must lie in the years 1 to 9999' using errcode = '22023';
  elsif check_window.from_date > check_window.to_date then
    raise exception 'from_date is after to_date' using errcode = '22023';
  elsif check_window.to_date - check_window.from_date > 36600 then
    raise exception 'a window has at most a hundred years' using errcode = '22023';
  end if;
  return true;
end;
$$;
