-- From rows to parts, from parts to figures. `kpi_figures` is the one place of every formula; the
-- materialized view, the live view, history and comparison all go through it.
--
-- Two functions of this file pin no search_path: one with a pinned path is run row by row, one
-- without becomes part of the query that calls it. Their bodies were bound when they were made, so
-- there is no name left to look up (ADR 2).

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

-- The parts of these tenants (null: of all) by local day, computed from the rows themselves: what
-- kpi_daily must hold. A lead appears once for each thing that happened to it, on the day when it
-- did.
create function private.count_days(coach_ids uuid[])
returns table (
  coach_id uuid,
  date date,
  messages_sent bigint,
  messages_received bigint,
  leads bigint,
  males bigint,
  females bigint,
  others bigint,
  age_sum bigint,
  ages bigint,
  emails bigint,
  new_leads bigint,
  engaged_leads bigint,
  relance_leads bigint,
  won_leads bigint,
  lost_leads bigint,
  revenue numeric,
  deals bigint,
  msg1_sent bigint,
  msg1_replied bigint,
  msg2_sent bigint,
  msg2_replied bigint,
  msg3_sent bigint,
  msg3_replied bigint,
  msg4_sent bigint,
  msg4_replied bigint,
  discussions bigint,
  discussion_seconds numeric,
  qualified_leads bigint,
  calls_proposed bigint,
  calls_booked bigint,
  calls_due bigint,
  no_shows bigint,
  lead_magnets bigint,
  timed_actions bigint,
  action_minutes bigint,
  win_hours integer[]
)
language sql
stable
begin atomic
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
    where
      moment.at is not null
      and (count_days.coach_ids is null or l.coach_id = any(count_days.coach_ids))
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
    where
      l.won_at is not null
      and (count_days.coach_ids is null or l.coach_id = any(count_days.coach_ids))
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
    where count_days.coach_ids is null or m.coach_id = any(count_days.coach_ids)
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
    where
      sent.at is not null
      and (count_days.coach_ids is null or s.coach_id = any(count_days.coach_ids))
    group by s.coach_id, (sent.at at time zone c.timezone)::date
  )
  select
    coach_id,
    date,
    coalesce(messages_sent, 0)::bigint,
    coalesce(messages_received, 0)::bigint,
    coalesce(leads, 0)::bigint,
    coalesce(males, 0)::bigint,
    coalesce(females, 0)::bigint,
    coalesce(others, 0)::bigint,
    coalesce(age_sum, 0)::bigint,
    coalesce(ages, 0)::bigint,
    coalesce(emails, 0)::bigint,
    coalesce(new_leads, 0)::bigint,
    coalesce(engaged_leads, 0)::bigint,
    coalesce(relance_leads, 0)::bigint,
    coalesce(won_leads, 0)::bigint,
    coalesce(lost_leads, 0)::bigint,
    coalesce(revenue, 0),
    coalesce(deals, 0)::bigint,
    coalesce(msg1_sent, 0)::bigint,
    coalesce(msg1_replied, 0)::bigint,
    coalesce(msg2_sent, 0)::bigint,
    coalesce(msg2_replied, 0)::bigint,
    coalesce(msg3_sent, 0)::bigint,
    coalesce(msg3_replied, 0)::bigint,
    coalesce(msg4_sent, 0)::bigint,
    coalesce(msg4_replied, 0)::bigint,
    coalesce(discussions, 0)::bigint,
    coalesce(discussion_seconds, 0),
    coalesce(qualified_leads, 0)::bigint,
    coalesce(calls_proposed, 0)::bigint,
    coalesce(calls_booked, 0)::bigint,
    coalesce(calls_due, 0)::bigint,
    coalesce(no_shows, 0)::bigint,
    coalesce(lead_magnets, 0)::bigint,
    coalesce(timed_actions, 0)::bigint,
    coalesce(action_minutes, 0)::bigint,
    coalesce(win_hours, '{}')
  from lead_days
  full join win_days using (coach_id, date)
  full join message_days using (coach_id, date)
  full join sequence_days using (coach_id, date);
end;

comment on function private.count_days(uuid[]) is
'What kpi_daily must hold, computed from leads, messages and sequences.';

create view private.kpi_days as
select d.* from private.count_days(null) as d;

comment on view private.kpi_days is 'What kpi_daily must hold, of all tenants.';

-- The local weekday and hour with most won_at of these tenants (null: of all), from their days.
create function private.find_best_hours(coach_ids uuid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
begin
  with wins as (
    select
      d.coach_id,
      extract(isodow from d.date)::integer as weekday,
      h.hour,
      count(*) as wins
    from public.kpi_daily as d
    cross join lateral unnest(d.win_hours) as h (hour)
    where
      d.win_hours <> '{}'
      and (find_best_hours.coach_ids is null or d.coach_id = any (find_best_hours.coach_ids))
    group by d.coach_id, extract(isodow from d.date), h.hour
  ),
  best as (
    select distinct on (w.coach_id)
      w.coach_id,
      w.weekday,
      w.hour
    from wins as w
    order by w.coach_id asc, w.wins desc, w.weekday asc, w.hour asc
  )
  update private.kpi_totals as t
  set
    best_weekday = b.weekday,
    best_hour = b.hour
  from private.kpi_totals as known
  left join best as b on known.coach_id = b.coach_id
  where
    t.coach_id = known.coach_id
    and (find_best_hours.coach_ids is null or known.coach_id = any (find_best_hours.coach_ids))
    and (t.best_weekday, t.best_hour) is distinct from (b.weekday, b.hour);
end;
$$;

comment on function private.find_best_hours(uuid[]) is
'Keeps best_weekday and best_hour of kpi_totals.';
