-- From rows to parts, from parts to figures. `kpi_figures` is the one place of every formula; the
-- materialized view, the live view, history and comparison all go through it.

-- The KPIs of some parts: of a tenant's whole life, of a week, of a day. `parts` is a row of
-- kpi_daily whose columns are sums. A rate whose denominator is 0 is null; numeric's round() goes
-- half away from zero.
create function private.kpi_figures(
  parts public.kpi_daily, leads_today bigint, leads_week bigint, settings public.coach_settings
)
returns table (
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
immutable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    parts.messages_sent,
    parts.messages_received,
    parts.leads,
    kpi_figures.leads_today,
    kpi_figures.leads_week,
    round((parts.messages_sent + parts.messages_received)::numeric / nullif(parts.leads, 0), 2),
    round(parts.discussion_seconds / 60 / nullif(parts.discussions, 0), 1),
    round(100.0 * parts.msg1_replied / nullif(parts.msg1_sent, 0), 1),
    round(100.0 * parts.msg2_replied / nullif(parts.msg2_sent, 0), 1),
    round(100.0 * parts.msg3_replied / nullif(parts.msg3_sent, 0), 1),
    round(100.0 * parts.msg4_replied / nullif(parts.msg4_sent, 0), 1),
    parts.msg1_sent,
    parts.qualified_leads,
    parts.calls_proposed,
    parts.calls_booked,
    round(100.0 * parts.qualified_leads / nullif(parts.leads, 0), 1),
    round(100.0 * parts.calls_booked / nullif(parts.calls_proposed, 0), 1),
    case
      when parts.lead_magnets > 0 then parts.lead_magnets
      else round(parts.qualified_leads * settings.lead_magnet_estimate_pct / 100)::bigint
    end,
    case
      when parts.emails > 0 then parts.emails
      else round(parts.qualified_leads * settings.email_estimate_pct / 100)::bigint
    end,
    case
      when parts.calls_due > 0 then round(100.0 * parts.no_shows / parts.calls_due, 1)
      else settings.no_show_estimate_pct
    end,
    parts.males,
    parts.females,
    parts.others,
    round(100.0 * parts.males / nullif(parts.males + parts.females + parts.others, 0), 1),
    round(100.0 * parts.females / nullif(parts.males + parts.females + parts.others, 0), 1),
    round(100.0 * parts.others / nullif(parts.males + parts.females + parts.others, 0), 1),
    round(parts.age_sum::numeric / nullif(parts.ages, 0), 1),
    parts.new_leads,
    parts.engaged_leads,
    parts.won_leads,
    parts.lost_leads,
    parts.relance_leads,
    round(100.0 * parts.lost_leads / nullif(parts.leads, 0), 1),
    round(100.0 * parts.relance_leads / nullif(parts.leads, 0), 1),
    round(100.0 * parts.won_leads / nullif(parts.won_leads + parts.lost_leads, 0), 1),
    parts.revenue,
    parts.deals,
    round(parts.revenue / nullif(parts.deals, 0), 2),
    round(settings.acquisition_cost_per_lead * parts.leads, 2),
    round(
      100.0 * (parts.revenue - settings.acquisition_cost_per_lead * parts.leads)
      / nullif(settings.acquisition_cost_per_lead * parts.leads, 0),
      1
    ),
    settings.ai_efficiency_pct,
    settings.hours_saved_monthly,
    round(parts.action_minutes::numeric / nullif(parts.timed_actions, 0), 1),
    array_remove(
      array[
        case when parts.lead_magnets = 0 then 'lead_magnets_sent' end,
        case when parts.emails = 0 then 'emails_captured' end,
        case when parts.calls_due = 0 then 'no_show_rate' end,
        case when settings.acquisition_cost_per_lead is not null then 'acquisition_cost' end,
        case
          when settings.acquisition_cost_per_lead > 0 and parts.leads > 0 then 'roi_pct'
        end,
        'ai_efficiency',
        'hours_saved_monthly'
      ],
      null
    );
end;

comment on function private.kpi_figures(public.kpi_daily, bigint, bigint, public.coach_settings) is
'Every additive KPI from its parts; estimated_kpis names those that rest on an assumption.';

-- The parts of every tenant and local day, computed from the rows themselves. A lead appears once
-- for each thing that happened to it, on the day when it did.
create view private.kpi_days as
with lead_days as (
  select
    l.coach_id,
    (moment.at at time zone c.timezone)::date as date,
    count(*) filter (where moment.kind = 'created') as leads,
    count(*) filter (where moment.kind = 'created' and l.gender = 'male') as males,
    count(*) filter (where moment.kind = 'created' and l.gender = 'female') as females,
    count(*) filter (where moment.kind = 'created' and l.gender = 'other') as others,
    sum(l.age) filter (where moment.kind = 'created') as age_sum,
    count(l.age) filter (where moment.kind = 'created') as ages,
    count(l.email) filter (where moment.kind = 'created') as emails,
    count(*) filter (where moment.kind = 'created' and l.status = 'new') as new_leads,
    count(*) filter (where moment.kind = 'created' and l.status = 'engaged') as engaged_leads,
    count(*) filter (where moment.kind = 'relance') as relance_leads,
    count(*) filter (where moment.kind = 'won' and l.status = 'won') as won_leads,
    count(*) filter (where moment.kind = 'lost') as lost_leads,
    sum(l.deal_value) filter (where moment.kind = 'won' and l.status = 'won') as revenue,
    count(l.deal_value) filter (where moment.kind = 'won' and l.status = 'won') as deals,
    count(*) filter (where moment.kind = 'discussion') as discussions,
    sum(extract(epoch from l.last_message_at - l.first_message_at))
    filter (where moment.kind = 'discussion') as discussion_seconds,
    count(*) filter (where moment.kind = 'qualified') as qualified_leads,
    count(*) filter (where moment.kind = 'call_proposed') as calls_proposed,
    count(*) filter (where moment.kind = 'call_booked') as calls_booked,
    count(*) filter (where moment.kind = 'call_due') as calls_due,
    count(*) filter (where moment.kind = 'no_show') as no_shows,
    count(*) filter (where moment.kind = 'lead_magnet') as lead_magnets,
    count(*) filter (where moment.kind = 'action') as timed_actions,
    sum(l.time_to_action_minutes) filter (where moment.kind = 'action') as action_minutes
  from public.leads as l
  inner join public.coachs as c on l.coach_id = c.id
  cross join
    lateral (
      values
      ('created', l.created_at),
      (
        'relance',
        case when l.status = 'relance' then coalesce(l.status_changed_at, l.created_at) end
      ),
      ('won', l.won_at),
      ('lost', case when l.status = 'lost' then l.lost_at end),
      (
        'discussion',
        case
          when l.total_messages_sent > 0 and l.total_messages_received > 0 then l.first_message_at
        end
      ),
      ('qualified', l.qualified_at),
      ('call_proposed', l.call_proposed_at),
      ('call_booked', l.call_booked_at),
      ('call_due', least(l.call_attended_at, l.call_no_show_at)),
      ('no_show', l.call_no_show_at),
      ('lead_magnet', l.lead_magnet_sent_at),
      (
        'action',
        case
          when l.time_to_action_minutes is not null then coalesce(l.call_booked_at, l.created_at)
        end
      )
    ) as moment (kind, at)
  where moment.at is not null
  group by l.coach_id, (moment.at at time zone c.timezone)::date
),
win_days as (
  select
    l.coach_id,
    (l.won_at at time zone c.timezone)::date as date,
    array_agg(
      extract(hour from l.won_at at time zone c.timezone)::integer
      order by l.won_at at time zone c.timezone
    ) as win_hours
  from public.leads as l
  inner join public.coachs as c on l.coach_id = c.id
  where l.won_at is not null
  group by l.coach_id, (l.won_at at time zone c.timezone)::date
),

message_days as (
  select
    m.coach_id,
    (m.created_at at time zone c.timezone)::date as date,
    count(*) filter (where m.direction = 'out') as messages_sent,
    count(*) filter (where m.direction = 'in') as messages_received
  from public.messages as m
  inner join public.coachs as c on m.coach_id = c.id
  group by m.coach_id, (m.created_at at time zone c.timezone)::date
),
sequence_days as (
  select
    s.coach_id,
    (sent.at at time zone c.timezone)::date as date,
    count(*) filter (where sent.number = 1) as msg1_sent,
    count(*) filter (where sent.number = 1 and sent.replied) as msg1_replied,
    count(*) filter (where sent.number = 2) as msg2_sent,
    count(*) filter (where sent.number = 2 and sent.replied) as msg2_replied,
    count(*) filter (where sent.number = 3) as msg3_sent,
    count(*) filter (where sent.number = 3 and sent.replied) as msg3_replied,
    count(*) filter (where sent.number = 4) as msg4_sent,
    count(*) filter (where sent.number = 4 and sent.replied) as msg4_replied
  from public.message_sequences as s
  inner join public.coachs as c on s.coach_id = c.id
  cross join
    lateral (
      values
      (1, s.msg1_sent_at, s.msg1_replied),
      (2, s.msg2_sent_at, s.msg2_replied),
      (3, s.msg3_sent_at, s.msg3_replied),
      (4, s.msg4_sent_at, s.msg4_replied)
    ) as sent (number, at, replied)
  where sent.at is not null
  group by s.coach_id, (sent.at at time zone c.timezone)::date
)
select
  coach_id,
  date,
  coalesce(messages_sent, 0) as messages_sent,
  coalesce(messages_received, 0) as messages_received,
  coalesce(leads, 0) as leads,
  coalesce(males, 0) as males,
  coalesce(females, 0) as females,
  coalesce(others, 0) as others,
  coalesce(age_sum, 0) as age_sum,
  coalesce(ages, 0) as ages,
  coalesce(emails, 0) as emails,
  coalesce(new_leads, 0) as new_leads,
  coalesce(engaged_leads, 0) as engaged_leads,
  coalesce(relance_leads, 0) as relance_leads,
  coalesce(won_leads, 0) as won_leads,
  coalesce(lost_leads, 0) as lost_leads,
  coalesce(revenue, 0) as revenue,
  coalesce(deals, 0) as deals,
  coalesce(msg1_sent, 0) as msg1_sent,
  coalesce(msg1_replied, 0) as msg1_replied,
  coalesce(msg2_sent, 0) as msg2_sent,
  coalesce(msg2_replied, 0) as msg2_replied,
  coalesce(msg3_sent, 0) as msg3_sent,
  coalesce(msg3_replied, 0) as msg3_replied,
  coalesce(msg4_sent, 0) as msg4_sent,
  coalesce(msg4_replied, 0) as msg4_replied,
  coalesce(discussions, 0) as discussions,
  coalesce(discussion_seconds, 0) as discussion_seconds,
  coalesce(qualified_leads, 0) as qualified_leads,
  coalesce(calls_proposed, 0) as calls_proposed,
  coalesce(calls_booked, 0) as calls_booked,
  coalesce(calls_due, 0) as calls_due,
  coalesce(no_shows, 0) as no_shows,
  coalesce(lead_magnets, 0) as lead_magnets,
  coalesce(timed_actions, 0) as timed_actions,
  coalesce(action_minutes, 0) as action_minutes,
  coalesce(win_hours, '{}') as win_hours
from lead_days
full join win_days using (coach_id, date)
full join message_days using (coach_id, date)
full join sequence_days using (coach_id, date);

comment on view private.kpi_days is
'What kpi_daily must hold, computed from leads, messages and sequences.';

-- The whole life of each tenant, from kpi_daily.
create view private.kpi_totals as
select
  c.id as coach_id,
  row(
    c.id,
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
from public.coachs as c
left join public.kpi_daily as d on c.id = d.coach_id
group by c.id;

comment on view private.kpi_totals is 'Parts of each tenant over all days, as a row of kpi_daily.';
