-- The dashboards' row: materialized for every reader, and its live twin.

-- A materialized view has no RLS and holds every tenant: private, and read only through the view
-- of the same name in `public`. A refresh makes all of it and compares it with what was, so it only
-- projects what is kept: totals and assumptions, each as one value, and the days that are today and
-- this week. Figures are worked out for the rows that somebody reads. «Today» is read too, never
-- asked of a clock: the same rows give the same view. The last column is always null: among rows
-- without a null, a concurrent refresh first compares each with each in search of duplicates, which
-- takes as long as all the rest, and coach_id is unique.
create materialized view private.coach_dashboard_kpis as
select
  t.coach_id,
  t as totals,
  s as settings,
  recent.today as leads_today,
  recent.week as leads_week,
  null::boolean as is_duplicate
from private.kpi_totals as t
inner join public.coach_settings as s on t.coach_id = s.coach_id
inner join private.kpi_zones as z on t.timezone = z.timezone
cross join
  lateral (
    select
      coalesce(sum(d.leads) filter (where d.date = z.today), 0)::bigint as today,
      coalesce(sum(d.leads), 0)::bigint as week
    from public.kpi_daily as d
    where d.coach_id = t.coach_id and d.date between z.today - 6 and z.today
  ) as recent;

-- Refreshing concurrently needs a unique index without a predicate; one's row is found by it too.
create unique index coach_dashboard_kpis_coach_id_key on private.coach_dashboard_kpis (coach_id);

comment on materialized view private.coach_dashboard_kpis is
'What the KPIs of each tenant are made of, one row per tenant, every tenant: never granted to an API '
'role.';

-- For the public view below and for the boards, which are made of every tenant's.
create view private.dashboard_figures as
select
  k.coach_id,
  f.*,
  (k.totals).best_weekday as best_conversion_weekday,
  (k.totals).best_hour as best_conversion_hour
from private.coach_dashboard_kpis as k
cross join lateral private.kpi_figures(
  row(
    k.coach_id,
    null::date,
    (k.totals).messages_sent,
    (k.totals).messages_received,
    (k.totals).leads,
    (k.totals).males,
    (k.totals).females,
    (k.totals).others,
    (k.totals).age_sum,
    (k.totals).ages,
    (k.totals).emails,
    (k.totals).new_leads,
    (k.totals).engaged_leads,
    (k.totals).relance_leads,
    (k.totals).won_leads,
    (k.totals).lost_leads,
    (k.totals).revenue,
    (k.totals).deals,
    (k.totals).msg1_sent,
    (k.totals).msg1_replied,
    (k.totals).msg2_sent,
    (k.totals).msg2_replied,
    (k.totals).msg3_sent,
    (k.totals).msg3_replied,
    (k.totals).msg4_sent,
    (k.totals).msg4_replied,
    (k.totals).discussions,
    (k.totals).discussion_seconds,
    (k.totals).qualified_leads,
    (k.totals).calls_proposed,
    (k.totals).calls_booked,
    (k.totals).calls_due,
    (k.totals).no_shows,
    (k.totals).lead_magnets,
    (k.totals).timed_actions,
    (k.totals).action_minutes,
    '{}'::integer[]
  )::public.kpi_daily,
  k.leads_today,
  k.leads_week,
  k.settings
) as f;

comment on view private.dashboard_figures is
'Every KPI of every tenant, as of the last refresh: never granted to an API role.';

-- Owner rights, because nobody who asks may read the materialized view itself; security_barrier,
-- so that no function of the asker's sees a row before the filter does. service_role and platform
-- admins see every tenant.
create view public.coach_dashboard_kpis
with (security_barrier = true)
as
select
  k.coach_id,
  k.total_messages_sent,
  k.total_messages_received,
  k.total_leads,
  k.leads_today,
  k.leads_week,
  k.avg_messages_per_lead,
  k.avg_discussion_minutes,
  k.msg1_rate,
  k.msg2_rate,
  k.msg3_rate,
  k.msg4_rate,
  k.contacted_leads,
  k.qualified_leads,
  k.calls_proposed,
  k.calls_booked,
  k.qualification_rate,
  k.call_booking_rate,
  k.lead_magnets_sent,
  k.emails_captured,
  k.no_show_rate,
  k.male_count,
  k.female_count,
  k.other_count,
  k.male_pct,
  k.female_pct,
  k.other_pct,
  k.avg_age,
  k.new_leads,
  k.engaged_leads,
  k.leads_won,
  k.leads_lost,
  k.leads_relance,
  k.lost_rate,
  k.relance_rate,
  k.win_rate,
  k.total_revenue,
  k.deals_count,
  k.avg_deal_value,
  k.acquisition_cost,
  k.roi_pct,
  k.ai_efficiency,
  k.hours_saved_monthly,
  k.avg_time_to_action_minutes,
  k.estimated_kpis,
  k.best_conversion_weekday,
  k.best_conversion_hour,
  (select max(r.finished_at) from private.kpi_refreshes as r) as last_updated
from private.dashboard_figures as k
where k.coach_id = any((select private.visible_coach_ids())::uuid[]);

comment on view public.coach_dashboard_kpis is
'Every KPI of one''s own tenants, one row each, as of last_updated.';

-- The same columns computed on the spot from leads and sequences, not from kpi_daily: what the
-- materialized row must equal. Invoker: the policies of the tables below filter it.
create view public.coach_dashboard_kpis_live
with (security_invoker = true)
as
with lead_totals as (
  select
    l.coach_id,
    sum(l.total_messages_sent) as messages_sent,
    sum(l.total_messages_received) as messages_received,
    count(*) as leads,
    count(*) filter (where l.gender = 'male') as males,
    count(*) filter (where l.gender = 'female') as females,
    count(*) filter (where l.gender = 'other') as others,
    sum(l.age) as age_sum,
    count(l.age) as ages,
    count(l.email) as emails,
    count(*) filter (where l.status = 'new') as new_leads,
    count(*) filter (where l.status = 'engaged') as engaged_leads,
    count(*) filter (where l.status = 'relance') as relance_leads,
    count(*) filter (where l.status = 'won') as won_leads,
    count(*) filter (where l.status = 'lost') as lost_leads,
    sum(l.deal_value) filter (where l.status = 'won') as revenue,
    count(l.deal_value) filter (where l.status = 'won') as deals,
    count(*) filter (
      where l.total_messages_sent > 0 and l.total_messages_received > 0
    ) as discussions,
    sum(extract(epoch from l.last_message_at - l.first_message_at)) filter (
      where l.total_messages_sent > 0 and l.total_messages_received > 0
    ) as discussion_seconds,
    count(l.qualified_at) as qualified_leads,
    count(l.call_proposed_at) as calls_proposed,
    count(l.call_booked_at) as calls_booked,
    count(least(l.call_attended_at, l.call_no_show_at)) as calls_due,
    count(l.call_no_show_at) as no_shows,
    count(l.lead_magnet_sent_at) as lead_magnets,
    count(l.time_to_action_minutes) as timed_actions,
    sum(l.time_to_action_minutes) as action_minutes,
    count(*) filter (
      where (l.created_at at time zone c.timezone)::date = (now() at time zone c.timezone)::date
    ) as today,
    count(*) filter (
      where
      (l.created_at at time zone c.timezone)::date
      between (now() at time zone c.timezone)::date - 6 and (now() at time zone c.timezone)::date
    ) as week
  from public.leads as l
  inner join public.coachs as c on l.coach_id = c.id
  group by l.coach_id
),
sequence_totals as (
  select
    s.coach_id,
    count(s.msg1_sent_at) as msg1_sent,
    count(*) filter (where s.msg1_replied) as msg1_replied,
    count(s.msg2_sent_at) as msg2_sent,
    count(*) filter (where s.msg2_replied) as msg2_replied,
    count(s.msg3_sent_at) as msg3_sent,
    count(*) filter (where s.msg3_replied) as msg3_replied,
    count(s.msg4_sent_at) as msg4_sent,
    count(*) filter (where s.msg4_replied) as msg4_replied
  from public.message_sequences as s
  group by s.coach_id
),
wins as (
  select
    l.coach_id,
    extract(isodow from l.won_at at time zone c.timezone)::integer as weekday,
    extract(hour from l.won_at at time zone c.timezone)::integer as hour,
    count(*) as wins
  from public.leads as l
  inner join public.coachs as c on l.coach_id = c.id
  where l.won_at is not null
  group by l.coach_id, weekday, hour
),
best as (
  select distinct on (w.coach_id)
    w.coach_id,
    w.weekday,
    w.hour
  from wins as w
  order by w.coach_id asc, w.wins desc, w.weekday asc, w.hour asc
)
select
  c.id as coach_id,
  f.total_messages_sent,
  f.total_messages_received,
  f.total_leads,
  f.leads_today,
  f.leads_week,
  f.avg_messages_per_lead,
  f.avg_discussion_minutes,
  f.msg1_rate,
  f.msg2_rate,
  f.msg3_rate,
  f.msg4_rate,
  f.contacted_leads,
  f.qualified_leads,
  f.calls_proposed,
  f.calls_booked,
  f.qualification_rate,
  f.call_booking_rate,
  f.lead_magnets_sent,
  f.emails_captured,
  f.no_show_rate,
  f.male_count,
  f.female_count,
  f.other_count,
  f.male_pct,
  f.female_pct,
  f.other_pct,
  f.avg_age,
  f.new_leads,
  f.engaged_leads,
  f.leads_won,
  f.leads_lost,
  f.leads_relance,
  f.lost_rate,
  f.relance_rate,
  f.win_rate,
  f.total_revenue,
  f.deals_count,
  f.avg_deal_value,
  f.acquisition_cost,
  f.roi_pct,
  f.ai_efficiency,
  f.hours_saved_monthly,
  f.avg_time_to_action_minutes,
  f.estimated_kpis,
  b.weekday as best_conversion_weekday,
  b.hour as best_conversion_hour,
  now() as last_updated
from public.coachs as c
inner join public.coach_settings as s on c.id = s.coach_id
left join lead_totals as l on c.id = l.coach_id
left join sequence_totals as q on c.id = q.coach_id
left join best as b on c.id = b.coach_id
cross join lateral private.kpi_figures(
  row(
    c.id,
    null::date,
    coalesce(l.messages_sent, 0),
    coalesce(l.messages_received, 0),
    coalesce(l.leads, 0),
    coalesce(l.males, 0),
    coalesce(l.females, 0),
    coalesce(l.others, 0),
    coalesce(l.age_sum, 0),
    coalesce(l.ages, 0),
    coalesce(l.emails, 0),
    coalesce(l.new_leads, 0),
    coalesce(l.engaged_leads, 0),
    coalesce(l.relance_leads, 0),
    coalesce(l.won_leads, 0),
    coalesce(l.lost_leads, 0),
    coalesce(l.revenue, 0),
    coalesce(l.deals, 0),
    coalesce(q.msg1_sent, 0),
    coalesce(q.msg1_replied, 0),
    coalesce(q.msg2_sent, 0),
    coalesce(q.msg2_replied, 0),
    coalesce(q.msg3_sent, 0),
    coalesce(q.msg3_replied, 0),
    coalesce(q.msg4_sent, 0),
    coalesce(q.msg4_replied, 0),
    coalesce(l.discussions, 0),
    coalesce(l.discussion_seconds, 0),
    coalesce(l.qualified_leads, 0),
    coalesce(l.calls_proposed, 0),
    coalesce(l.calls_booked, 0),
    coalesce(l.calls_due, 0),
    coalesce(l.no_shows, 0),
    coalesce(l.lead_magnets, 0),
    coalesce(l.timed_actions, 0),
    coalesce(l.action_minutes, 0),
    '{}'::integer[]
  )::public.kpi_daily,
  coalesce(l.today, 0),
  coalesce(l.week, 0),
  s
) as f;

comment on view public.coach_dashboard_kpis_live is
'Every KPI of one''s own tenants, one row each, computed now.';
