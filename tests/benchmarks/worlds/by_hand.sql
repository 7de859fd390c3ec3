-- What one would write without an engine: the figures of coach_dashboard_kpis in one view, column by
-- column, as plain SQL that is as fast as we know how. Leads, messages and sequences are read once
-- each, by parallel workers; what few leads have (a win, a place in the last days) is worked out
-- for those alone. How long talks lasted is summed as an interval, which is cheaper than numeric.
create materialized view private.bench_by_hand as
with lead_totals as (
  select
    l.coach_id,
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
    coalesce(sum(l.deal_value) filter (where l.status = 'won'), 0) as revenue,
    count(l.deal_value) filter (where l.status = 'won') as deals,
    count(*) filter (
      where l.total_messages_sent > 0 and l.total_messages_received > 0
    ) as discussions,
    sum(l.last_message_at - l.first_message_at) filter (
      where l.total_messages_sent > 0 and l.total_messages_received > 0
    ) as discussed,
    count(l.qualified_at) as qualified_leads,
    count(l.call_proposed_at) as calls_proposed,
    count(l.call_booked_at) as calls_booked,
    count(*) filter (
      where l.call_attended_at is not null or l.call_no_show_at is not null
    ) as calls_due,
    count(l.call_no_show_at) as no_shows,
    count(l.lead_magnet_sent_at) as lead_magnets,
    count(l.time_to_action_minutes) as timed_actions,
    sum(l.time_to_action_minutes) as action_minutes
  from public.leads as l
  group by l.coach_id
),
message_totals as (
  select
    m.coach_id,
    count(*) as messages,
    count(*) filter (where m.direction = 'out') as messages_sent
  from public.messages as m
  group by m.coach_id
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
-- mode() answers the first in order among the most frequent.
wins as (
  select
    w.coach_id,
    mode() within group (order by w.hour_of_week) as best
  from (
    select
      l.coach_id,
      24 * extract(isodow from l.won_at at time zone c.timezone)::integer
      + extract(hour from l.won_at at time zone c.timezone)::integer as hour_of_week
    from public.leads as l
    inner join public.coachs as c on l.coach_id = c.id
    where l.won_at is not null
  ) as w
  group by w.coach_id
)
select
  c.id as coach_id,
  coalesce(m.messages_sent, 0) as total_messages_sent,
  coalesce(m.messages - m.messages_sent, 0) as total_messages_received,
  coalesce(l.leads, 0) as total_leads,
  recent.today as leads_today,
  recent.week as leads_week,
  round(coalesce(m.messages, 0)::numeric / l.leads, 2) as avg_messages_per_lead,
  round(extract(epoch from l.discussed) / 60 / nullif(l.discussions, 0), 1)
    as avg_discussion_minutes,
  round(100.0 * q.msg1_replied / nullif(q.msg1_sent, 0), 1) as msg1_rate,
  round(100.0 * q.msg2_replied / nullif(q.msg2_sent, 0), 1) as msg2_rate,
  round(100.0 * q.msg3_replied / nullif(q.msg3_sent, 0), 1) as msg3_rate,
  round(100.0 * q.msg4_replied / nullif(q.msg4_sent, 0), 1) as msg4_rate,
  coalesce(q.msg1_sent, 0) as contacted_leads,
  coalesce(l.qualified_leads, 0) as qualified_leads,
  coalesce(l.calls_proposed, 0) as calls_proposed,
  coalesce(l.calls_booked, 0) as calls_booked,
  round(100.0 * l.qualified_leads / l.leads, 1) as qualification_rate,
  round(100.0 * l.calls_booked / nullif(l.calls_proposed, 0), 1) as call_booking_rate,
  case
    when l.lead_magnets > 0 then l.lead_magnets
    else round(coalesce(l.qualified_leads, 0) * s.lead_magnet_estimate_pct / 100)::bigint
  end as lead_magnets_sent,
  case
    when l.emails > 0 then l.emails
    else round(coalesce(l.qualified_leads, 0) * s.email_estimate_pct / 100)::bigint
  end as emails_captured,
  case
    when l.calls_due > 0 then round(100.0 * l.no_shows / l.calls_due, 1)
    else s.no_show_estimate_pct
  end as no_show_rate,
  coalesce(l.males, 0) as male_count,
  coalesce(l.females, 0) as female_count,
  coalesce(l.others, 0) as other_count,
  round(100.0 * l.males / nullif(l.males + l.females + l.others, 0), 1) as male_pct,
  round(100.0 * l.females / nullif(l.males + l.females + l.others, 0), 1) as female_pct,
  round(100.0 * l.others / nullif(l.males + l.females + l.others, 0), 1) as other_pct,
  round(l.age_sum::numeric / nullif(l.ages, 0), 1) as avg_age,
  coalesce(l.new_leads, 0) as new_leads,
  coalesce(l.engaged_leads, 0) as engaged_leads,
  coalesce(l.won_leads, 0) as leads_won,
  coalesce(l.lost_leads, 0) as leads_lost,
  coalesce(l.relance_leads, 0) as leads_relance,
  round(100.0 * l.lost_leads / l.leads, 1) as lost_rate,
  round(100.0 * l.relance_leads / l.leads, 1) as relance_rate,
  round(100.0 * l.won_leads / nullif(l.won_leads + l.lost_leads, 0), 1) as win_rate,
  coalesce(l.revenue, 0) as total_revenue,
  coalesce(l.deals, 0) as deals_count,
  round(l.revenue / nullif(l.deals, 0), 2) as avg_deal_value,
  round(s.acquisition_cost_per_lead * coalesce(l.leads, 0), 2) as acquisition_cost,
  round(
    100.0 * (l.revenue - s.acquisition_cost_per_lead * l.leads)
    / nullif(s.acquisition_cost_per_lead * l.leads, 0),
    1
  ) as roi_pct,
  s.ai_efficiency_pct as ai_efficiency,
  s.hours_saved_monthly,
  round(l.action_minutes::numeric / nullif(l.timed_actions, 0), 1) as avg_time_to_action_minutes,
  array_remove(
    array[
      case when coalesce(l.lead_magnets, 0) = 0 then 'lead_magnets_sent' end,
      case when coalesce(l.emails, 0) = 0 then 'emails_captured' end,
      case when coalesce(l.calls_due, 0) = 0 then 'no_show_rate' end,
      case when s.acquisition_cost_per_lead is not null then 'acquisition_cost' end,
      case when s.acquisition_cost_per_lead > 0 and l.leads > 0 then 'roi_pct' end,
      'ai_efficiency',
      'hours_saved_monthly'
    ],
    null
  ) as estimated_kpis,
  w.best / 24 as best_conversion_weekday,
  w.best % 24 as best_conversion_hour
from public.coachs as c
inner join public.coach_settings as s on c.id = s.coach_id
left join lead_totals as l on c.id = l.coach_id
left join message_totals as m on c.id = m.coach_id
left join sequence_totals as q on c.id = q.coach_id
left join wins as w on c.id = w.coach_id
-- Seven local days are less than eight of 24 hours, also where a clock is put back.
cross join
  lateral (
    select
      count(*) filter (where d.date = d.today) as today,
      count(*) filter (where d.date between d.today - 6 and d.today) as week
    from (
      select
        (r.created_at at time zone c.timezone)::date as date,
        (now() at time zone c.timezone)::date as today
      from public.leads as r
      where r.coach_id = c.id and r.created_at > now() - interval '8 days'
    ) as d
  ) as recent;

create unique index bench_by_hand_coach_id_key on private.bench_by_hand (coach_id);
