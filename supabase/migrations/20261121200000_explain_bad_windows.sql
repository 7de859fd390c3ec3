-- Lets get_kpi_history complain of a grain in words of its own before PostgreSQL does in others,
-- and take a null one for the default, as it takes a null date; a null "limit" of the tops no
-- longer means none. Bodies alone change: nothing is rewritten, nothing stays locked.

create or replace function public.get_kpi_history(
  coach_id uuid default null,
  from_date date default null,
  to_date date default null,
  grain text default 'day'
)
returns table (
  period_start date,
  period_end date,
  total_messages_sent bigint,
  total_messages_received bigint,
  total_leads bigint,
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
  leads_won bigint,
  leads_lost bigint,
  win_rate numeric,
  total_revenue numeric,
  deals_count bigint,
  avg_deal_value numeric,
  avg_time_to_action_minutes numeric
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  with asked as (
    select
      c.id as coach_id,
      coalesce(get_kpi_history.to_date, (now() at time zone c.timezone)::date) as to_date,
      coalesce(get_kpi_history.grain, 'day') as grain
    from public.coachs as c
    where c.id = coalesce(get_kpi_history.coach_id, (select public.current_coach_id()))
  ),
  span as (
    select
      a.coach_id,
      coalesce(get_kpi_history.from_date, a.to_date - 29) as from_date,
      a.to_date,
      a.grain
    from asked as a
  ),
  -- Checked before anything is computed of it, or PostgreSQL's own words come first.
  sound as materialized (
    select
      s.*,
      case s.grain
        when 'day' then interval '1 day'
        when 'week' then interval '1 week'
        when 'month' then interval '1 month'
        when 'year' then interval '1 year'
      end as step
    from span as s
    where private.check_window(s.from_date, s.to_date, s.grain)
  ),
  periods as (
    select
      s.coach_id,
      array_agg(greatest(p.start::date, s.from_date) order by p.start) as starts,
      array_agg(least((p.start + s.step)::date - 1, s.to_date) order by p.start) as ends
    from sound as s
    cross join
      lateral generate_series(
        date_trunc(s.grain, s.from_date::timestamp), s.to_date::timestamp, s.step
      ) as p (start)
    group by s.coach_id
  )
  select
    w.window_start,
    w.window_end,
    w.total_messages_sent,
    w.total_messages_received,
    w.total_leads,
    w.avg_messages_per_lead,
    w.avg_discussion_minutes,
    w.msg1_rate,
    w.msg2_rate,
    w.msg3_rate,
    w.msg4_rate,
    w.contacted_leads,
    w.qualified_leads,
    w.calls_proposed,
    w.calls_booked,
    w.qualification_rate,
    w.call_booking_rate,
    w.lead_magnets_sent,
    w.emails_captured,
    w.no_show_rate,
    w.male_count,
    w.female_count,
    w.other_count,
    w.male_pct,
    w.female_pct,
    w.other_pct,
    w.avg_age,
    w.leads_won,
    w.leads_lost,
    w.win_rate,
    w.total_revenue,
    w.deals_count,
    w.avg_deal_value,
    w.avg_time_to_action_minutes
  from periods as p
  cross join lateral private.kpi_windows(p.coach_id, p.starts, p.ends) as w
  order by w.number;
end;

create or replace function public.get_top_sources(
  coach_id uuid default null, "limit" integer default 3
)
returns table (source_name text, lead_count bigint, percentage numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    t.value,
    t.lead_count,
    t.percentage
  from
    private.tops(
      coalesce(get_top_sources.coach_id, (select public.current_coach_id())), 'source'
    ) as t
  order by t.position
  limit case when get_top_sources."limit" < 0 then 0 else get_top_sources."limit" end;
end;

comment on function public.get_top_sources(uuid, integer) is
'Where leads come from, the commonest first, at most "limit" of them (null: all); percentage over '
'all leads.';

create or replace function public.get_top_professions(
  coach_id uuid default null, "limit" integer default 5
)
returns table (profession text, lead_count bigint, percentage numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    t.value,
    t.lead_count,
    t.percentage
  from
    private.tops(
      coalesce(get_top_professions.coach_id, (select public.current_coach_id())), 'job_title'
    ) as t
  order by t.position
  limit case when get_top_professions."limit" < 0 then 0 else get_top_professions."limit" end;
end;

comment on function public.get_top_professions(uuid, integer) is
'Professions without regard to case, in their commonest spelling, at most "limit" of them (null: '
'all); percentage over known ones.';
