-- Purpose: KPI parts, figures, the dashboard views, the read API, the refresh job.
-- Locks or destroys: nothing that exists.

-- What is counted, what each figure means, and when it was last computed.

-- The additive parts of every KPI, per tenant and local day: summed over any days they give the
-- KPIs of those days, and summed over all days the dashboard's. Each part sits on the day when it
-- happened; the day's name is the last word of its comment.
create table public.kpi_daily (
  coach_id uuid not null,
  date date not null,
  messages_sent bigint not null default 0,
  messages_received bigint not null default 0,
  leads bigint not null default 0,
  males bigint not null default 0,
  females bigint not null default 0,
  others bigint not null default 0,
  age_sum bigint not null default 0,
  ages bigint not null default 0,
  emails bigint not null default 0,
  new_leads bigint not null default 0,
  engaged_leads bigint not null default 0,
  relance_leads bigint not null default 0,
  won_leads bigint not null default 0,
  lost_leads bigint not null default 0,
  revenue numeric not null default 0,
  deals bigint not null default 0,
  msg1_sent bigint not null default 0,
  msg1_replied bigint not null default 0,
  msg2_sent bigint not null default 0,
  msg2_replied bigint not null default 0,
  msg3_sent bigint not null default 0,
  msg3_replied bigint not null default 0,
  msg4_sent bigint not null default 0,
  msg4_replied bigint not null default 0,
  discussions bigint not null default 0,
  discussion_seconds numeric not null default 0,
  qualified_leads bigint not null default 0,
  calls_proposed bigint not null default 0,
  calls_booked bigint not null default 0,
  calls_due bigint not null default 0,
  no_shows bigint not null default 0,
  lead_magnets bigint not null default 0,
  timed_actions bigint not null default 0,
  action_minutes bigint not null default 0,
  win_hours integer[] not null default '{}',
  constraint kpi_daily_pkey primary key (coach_id, date),
  constraint kpi_daily_coach_id_fkey foreign key (coach_id)
  references public.coachs (id) on delete cascade
)
-- Room in each page for what a refresh changes: it rewrites today's rows all day long.
with (fillfactor = 90);
alter table public.kpi_daily enable row level security;

-- The days with a win, of a tenant whose best hour to win is to be found again.
create index kpi_daily_coach_id_idx on public.kpi_daily (coach_id) where win_hours <> '{}';

comment on table public.kpi_daily is
'Additive parts of the KPIs, one row per tenant and local day on which anything happened.';
comment on column public.kpi_daily.date is 'The day in the tenant''s time zone.';
comment on column public.kpi_daily.leads is
'Leads, by created_at; so are males to emails, new_leads and engaged_leads.';
comment on column public.kpi_daily.relance_leads is
'Leads whose status is relance, by status_changed_at.';
comment on column public.kpi_daily.won_leads is
'Leads whose status is won, by won_at; so are revenue and deals.';
comment on column public.kpi_daily.lost_leads is 'Leads whose status is lost, by lost_at.';
comment on column public.kpi_daily.deals is
'Leads whose status is won and whose deal_value is known.';
comment on column public.kpi_daily.msg1_sent is
'Leads sent a first message, by the time of that message; so are msg1_replied to msg4_replied.';
comment on column public.kpi_daily.discussions is
'Leads with messages both ways, by first_message_at; discussion_seconds is first to last message.';
comment on column public.kpi_daily.qualified_leads is
'Leads that ever reached the stage, by the time of reaching it; so are calls_proposed to '
'lead_magnets.';
comment on column public.kpi_daily.calls_due is
'Leads whose call was attended or missed, by the earlier of both.';
comment on column public.kpi_daily.timed_actions is
'Leads with time_to_action_minutes, by call_booked_at.';
comment on column public.kpi_daily.win_hours is
'Local hour (0-23) of each won_at of the day, in order.';

-- One row per KPI: what a client needs to label, format and explain it.
create table public.kpi_catalog (
  code text not null,
  section text not null,
  position integer not null,
  label_fr text not null,
  label_en text not null,
  unit text not null,
  formula text not null,
  estimate_basis text,
  badge_excellent_from numeric,
  badge_good_from numeric,
  constraint kpi_catalog_pkey primary key (code),
  constraint kpi_catalog_position_key unique (position),
  constraint kpi_catalog_section_check check (
    section in ('activity', 'response', 'conversion', 'demography', 'pipeline', 'performance')
  ),
  constraint kpi_catalog_unit_check check (
    unit in (
      'count', 'percent', 'minutes', 'years', 'currency', 'hours', 'weekday', 'hour', 'ratio'
    )
  ),
  constraint kpi_catalog_badge_check check (badge_good_from < badge_excellent_from)
);
alter table public.kpi_catalog enable row level security;

comment on table public.kpi_catalog is 'Meaning, unit, formula and badge thresholds of every KPI.';
comment on column public.kpi_catalog.estimate_basis is
'What stands in when nothing was measured; null when the KPI is never an estimate.';
comment on column public.kpi_catalog.badge_excellent_from is
'Excellent from this value on, good from badge_good_from on, below it to improve.';

-- The parts of each tenant over all its days, kept by adding what a refresh adds to the days.
create table private.kpi_totals (
  coach_id uuid not null,
  timezone text not null,
  messages_sent bigint not null default 0,
  messages_received bigint not null default 0,
  leads bigint not null default 0,
  males bigint not null default 0,
  females bigint not null default 0,
  others bigint not null default 0,
  age_sum bigint not null default 0,
  ages bigint not null default 0,
  emails bigint not null default 0,
  new_leads bigint not null default 0,
  engaged_leads bigint not null default 0,
  relance_leads bigint not null default 0,
  won_leads bigint not null default 0,
  lost_leads bigint not null default 0,
  revenue numeric not null default 0,
  deals bigint not null default 0,
  msg1_sent bigint not null default 0,
  msg1_replied bigint not null default 0,
  msg2_sent bigint not null default 0,
  msg2_replied bigint not null default 0,
  msg3_sent bigint not null default 0,
  msg3_replied bigint not null default 0,
  msg4_sent bigint not null default 0,
  msg4_replied bigint not null default 0,
  discussions bigint not null default 0,
  discussion_seconds numeric not null default 0,
  qualified_leads bigint not null default 0,
  calls_proposed bigint not null default 0,
  calls_booked bigint not null default 0,
  calls_due bigint not null default 0,
  no_shows bigint not null default 0,
  lead_magnets bigint not null default 0,
  timed_actions bigint not null default 0,
  action_minutes bigint not null default 0,
  best_weekday integer,
  best_hour integer,
  constraint kpi_totals_pkey primary key (coach_id),
  constraint kpi_totals_coach_id_fkey foreign key (coach_id)
  references public.coachs (id) on delete cascade
)
with (fillfactor = 70);
alter table private.kpi_totals enable row level security;

comment on table private.kpi_totals is 'Sums of kpi_daily over all days, one row per tenant.';
comment on column private.kpi_totals.timezone is
'The zone in which the tenant''s days were counted; a change of zone counts them all again.';
comment on column private.kpi_totals.best_weekday is
'With best_hour, the local weekday and hour with most won_at; ties to the earliest.';

-- What has changed since the last refresh. Triggers append, a refresh takes all out; there is no
-- key and no index, so that two writers never wait for each other. A row says how much a write adds
-- to the parts of a moment: what it took away has a minus, so that the order does not matter, and
-- what a write left as it was does not appear. No foreign key: it would lock the tenant's row at
-- each message, and marks of a tenant that is gone count for nothing.
create table private.kpi_message_changes (
  coach_id uuid not null,
  at timestamptz not null,
  sent integer not null,
  received integer not null
)
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
alter table private.kpi_message_changes enable row level security;

comment on table private.kpi_message_changes is
'Messages since the last refresh, by time; minus what was moved or deleted.';

create table private.kpi_sequence_changes (
  coach_id uuid not null,
  at timestamptz not null,
  number integer not null,
  sent integer not null,
  replied integer not null
)
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
alter table private.kpi_sequence_changes enable row level security;

comment on table private.kpi_sequence_changes is
'First to fourth messages and their replies since the last refresh, by the time of the message.';

-- A lead counts in many parts, on many days; the columns are those of leads that decide where.
create table private.kpi_lead_changes (
  coach_id uuid not null,
  leads integer not null,
  discussion_seconds numeric not null,
  discussed_at timestamptz,
  created_at timestamptz not null,
  gender text,
  age integer,
  has_email boolean not null,
  status text not null,
  deal_value numeric,
  status_changed_at timestamptz,
  qualified_at timestamptz,
  call_proposed_at timestamptz,
  call_booked_at timestamptz,
  call_attended_at timestamptz,
  call_no_show_at timestamptz,
  won_at timestamptz,
  lost_at timestamptz,
  lead_magnet_sent_at timestamptz,
  time_to_action_minutes integer,
  source text,
  job_title text,
  loss_reason text,
  is_contacted boolean not null,
  is_engaged boolean not null
)
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
alter table private.kpi_lead_changes enable row level security;

comment on table private.kpi_lead_changes is
'Leads since the last refresh: 1 for one that is now so, -1 for one that was. 0 with seconds: its '
'conversation grew, and nothing else changed.';
comment on column private.kpi_lead_changes.source is
'For the lists of a dashboard, not its KPIs; so are job_title to is_engaged.';
comment on column private.kpi_lead_changes.discussed_at is
'first_message_at of a lead with messages both ways; null for others.';

create table private.kpi_tenant_changes (
  coach_id uuid,
  recount boolean not null
)
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
alter table private.kpi_tenant_changes enable row level security;

comment on table private.kpi_tenant_changes is
'Tenants whose row in the dashboards must be made anew; with recount, from leads and messages.';
comment on column private.kpi_tenant_changes.coach_id is 'Null: every tenant.';

-- The day that «today» was, in each tenant's zone, when the dashboards were last made.
-- A refresh with no change has work to do only where that day is over.
create table private.kpi_zones (
  timezone text not null,
  today date not null,
  constraint kpi_zones_pkey primary key (timezone)
);
alter table private.kpi_zones enable row level security;

comment on table private.kpi_zones is 'The day for which the dashboards stand, by time zone.';

-- Each refresh, also one that found nothing to do; the newest says how fresh the dashboards are.
create table private.kpi_refreshes (
  id bigint not null generated always as identity,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  days integer not null,
  tenants integer not null,
  changes bigint not null,
  constraint kpi_refreshes_pkey primary key (id)
);
alter table private.kpi_refreshes enable row level security;

create index kpi_refreshes_finished_at_idx on private.kpi_refreshes (finished_at);

comment on table private.kpi_refreshes is
'When refresh_kpis ran, how many (tenant, day) rows it wrote, of how many tenants, for how many '
'changes; kept for 30 days.';

-- What a dashboard shows beside the KPIs.

-- Counting a tenant's leads by source, profession, reason and stage takes as long as the tenant is
-- large, so the refresh keeps the answers: in the form in which get_dashboard gives them, since
-- nothing else reads them. Never granted to an API role.
create table private.kpi_boards (
  coach_id uuid not null,
  computed_at timestamptz not null,
  kpis jsonb not null,
  funnel jsonb not null default '[]',
  top_sources jsonb not null default '[]',
  top_professions jsonb not null default '[]',
  loss_reasons jsonb not null default '[]',
  followup_after_days integer not null,
  relance_high_after_days integer not null,
  followups_high bigint not null,
  followups_medium bigint not null,
  followups_low bigint not null,
  next_followup_at timestamptz not null,
  constraint kpi_boards_pkey primary key (coach_id),
  constraint kpi_boards_coach_id_fkey foreign key (coach_id)
  references public.coachs (id) on delete cascade
)
-- A board is read whole: taking it out of TOAST would cost more than the longer row.
with (toast_tuple_target = 8160);
alter table private.kpi_boards enable row level security;

comment on table private.kpi_boards is
'KPIs, funnel, tops, loss reasons and numbers of follow-ups of each tenant, as of computed_at.';
comment on column private.kpi_boards.kpis is
'Each KPI of coach_dashboard_kpis by its code, as {value, unit, is_estimate, badge}; leads_today and '
'leads_week are counted when they are asked for.';
comment on column private.kpi_boards.followups_high is
'As of computed_at, by the settings beside it; so are followups_medium and followups_low.';
comment on column private.kpi_boards.next_followup_at is
'Until then no lead of the board becomes due, or urgent, by the mere passing of time.';

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

-- The dashboards' row: materialized for every reader, and its live twin.

-- A materialized view has no RLS and holds every tenant: private, and read only through the view
-- of the same name in `public`. A refresh makes all of it, so it only projects what is kept:
-- totals, and the days that are today and this week. «Today» is read too, never asked of a clock:
-- the same rows give the same view.
create materialized view private.coach_dashboard_kpis as
select
  c.id as coach_id,
  f.*,
  t.best_weekday as best_conversion_weekday,
  t.best_hour as best_conversion_hour
from public.coachs as c
inner join public.coach_settings as s on c.id = s.coach_id
inner join private.kpi_totals as t on c.id = t.coach_id
inner join private.kpi_zones as z on t.timezone = z.timezone
cross join
  lateral (
    select
      coalesce(sum(d.leads) filter (where d.date = z.today), 0)::bigint as today,
      coalesce(sum(d.leads), 0)::bigint as week
    from public.kpi_daily as d
    where d.coach_id = c.id and d.date between z.today - 6 and z.today
  ) as recent
cross join lateral private.kpi_figures(
  row(
    c.id,
    null::date,
    t.messages_sent,
    t.messages_received,
    t.leads,
    t.males,
    t.females,
    t.others,
    t.age_sum,
    t.ages,
    t.emails,
    t.new_leads,
    t.engaged_leads,
    t.relance_leads,
    t.won_leads,
    t.lost_leads,
    t.revenue,
    t.deals,
    t.msg1_sent,
    t.msg1_replied,
    t.msg2_sent,
    t.msg2_replied,
    t.msg3_sent,
    t.msg3_replied,
    t.msg4_sent,
    t.msg4_replied,
    t.discussions,
    t.discussion_seconds,
    t.qualified_leads,
    t.calls_proposed,
    t.calls_booked,
    t.calls_due,
    t.no_shows,
    t.lead_magnets,
    t.timed_actions,
    t.action_minutes,
    '{}'::integer[]
  )::public.kpi_daily,
  recent.today,
  recent.week,
  s
) as f;

-- Refreshing concurrently needs a unique index without a predicate; one's row is found by it too.
create unique index coach_dashboard_kpis_coach_id_key on private.coach_dashboard_kpis (coach_id);

comment on materialized view private.coach_dashboard_kpis is
'One row per tenant, every tenant: never granted to an API role.';

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
from private.coach_dashboard_kpis as k
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
  v_reshaped uuid [];
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
    on conflict do nothing;
  end if;
  if exists (select from private.kpi_message_changes)
    or exists (select from private.kpi_sequence_changes)
    or exists (select from private.kpi_lead_changes) then
    v_added := private.add_kpi_changes();
    v_changes := v_changes + v_added.changes;
    v_days := v_days + v_added.days;
    v_tenants := v_tenants || v_added.tenants;
    v_reshaped := v_added.reshaped;
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
    perform private.refresh_boards(
      v_tenants, case when not v_every then coalesce(v_recounted || v_reshaped, '{}') end
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

-- Counting anew: what a new time zone, a truncated table or a doubt calls for.

-- Counts the days and totals of these tenants (null: of all) from leads, messages and sequences,
-- and forgets their marks, which the count holds. One statement for both: it sees a write with its
-- marks, or neither. Only rows that differ are written; says how many.
create function private.recount_kpis(coach_ids uuid[])
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
-- Planned for the tenants at hand: all of them, or a few by index.
set plan_cache_mode = force_custom_plan
as $$
declare
  v_days bigint;
begin
  with
  message_changes as (
    delete from private.kpi_message_changes as m
    where recount_kpis.coach_ids is null or m.coach_id = any (recount_kpis.coach_ids)
  ),
  sequence_changes as (
    delete from private.kpi_sequence_changes as s
    where recount_kpis.coach_ids is null or s.coach_id = any (recount_kpis.coach_ids)
  ),
  lead_changes as (
    delete from private.kpi_lead_changes as l
    where recount_kpis.coach_ids is null or l.coach_id = any (recount_kpis.coach_ids)
  ),
  zoned as (
    insert into private.kpi_totals as t (coach_id, timezone)
    select
      c.id,
      c.timezone
    from public.coachs as c
    where recount_kpis.coach_ids is null or c.id = any (recount_kpis.coach_ids)
    on conflict (coach_id) do update set timezone = excluded.timezone
  ),
  fresh as materialized (
    select f.* from private.count_days(recount_kpis.coach_ids) as f
  ),
  gone as (
    delete from public.kpi_daily as d
    where
      (recount_kpis.coach_ids is null or d.coach_id = any (recount_kpis.coach_ids))
      and not exists (
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

  -- What follows is planned by what is known of kpi_daily; autovacuum cannot have seen yet what a
  -- first or a large count wrote.
  if v_days > 1000 then
    analyze public.kpi_daily;
  end if;

  update private.kpi_totals as t
  set (
    messages_sent, messages_received, leads, males, females, others, age_sum, ages, emails,
    new_leads, engaged_leads, relance_leads, won_leads, lost_leads, revenue, deals, msg1_sent,
    msg1_replied, msg2_sent, msg2_replied, msg3_sent, msg3_replied, msg4_sent, msg4_replied,
    discussions, discussion_seconds, qualified_leads, calls_proposed, calls_booked, calls_due,
    no_shows, lead_magnets, timed_actions, action_minutes
  ) = (
    select
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
      coalesce(sum(d.action_minutes), 0)
    from public.kpi_daily as d
    where d.coach_id = t.coach_id
  )
  where recount_kpis.coach_ids is null or t.coach_id = any (recount_kpis.coach_ids);

  perform private.find_best_hours(recount_kpis.coach_ids);
  return v_days;
end;
$$;

comment on function private.recount_kpis(uuid[]) is
'Counts kpi_daily and kpi_totals of these tenants, or of all, from the rows themselves.';

-- Adding what has changed to what was counted.

-- Takes every mark out of the logs, adds it to the days and totals that it belongs to, and says how
-- many there were, on how many days and of which tenants. One statement: marks that it does not see
-- are left for the next one, whole writes at a time. A mark of a tenant that is gone adds nothing.
create function private.add_kpi_changes(
  out changes bigint, out days bigint, out tenants uuid[], out reshaped uuid[]
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_emptied_coach_ids uuid [];
  v_emptied_dates date [];
  v_winners uuid [];
begin
  with
  message_changes as (
    delete from private.kpi_message_changes as m
    returning m.*
  ),
  sequence_changes as (
    delete from private.kpi_sequence_changes as s
    returning s.*
  ),
  lead_changes as (
    delete from private.kpi_lead_changes as l
    returning l.*
  ),
  -- The zone of the days as they were counted: a new one waits for its recount.
  zones as (
    select
      c.id as coach_id,
      coalesce(t.timezone, c.timezone) as timezone
    from public.coachs as c
    left join private.kpi_totals as t on c.id = t.coach_id
  ),
  message_days as (
    select
      m.coach_id,
      (m.at at time zone z.timezone)::date as date,
      sum(m.sent) as messages_sent,
      sum(m.received) as messages_received
    from message_changes as m
    inner join zones as z on m.coach_id = z.coach_id
    group by m.coach_id, (m.at at time zone z.timezone)::date
  ),
  sequence_days as (
    select
      s.coach_id,
      (s.at at time zone z.timezone)::date as date,
    sum(s.sent) filter (where s.number = 1) as msg1_sent,
    sum(s.replied) filter (where s.number = 1) as msg1_replied,
    sum(s.sent) filter (where s.number = 2) as msg2_sent,
    sum(s.replied) filter (where s.number = 2) as msg2_replied,
    sum(s.sent) filter (where s.number = 3) as msg3_sent,
    sum(s.replied) filter (where s.number = 3) as msg3_replied,
    sum(s.sent) filter (where s.number = 4) as msg4_sent,
    sum(s.replied) filter (where s.number = 4) as msg4_replied
    from sequence_changes as s
    inner join zones as z on s.coach_id = z.coach_id
    group by s.coach_id, (s.at at time zone z.timezone)::date
  ),
  -- A lead that was written several times was in between what the next write took away, and what the
  -- lists alone count cancels out here.
  counted as (
    select
      l.coach_id,
      l.discussed_at,
      l.created_at,
      l.gender,
      l.age,
      l.has_email,
      l.status,
      l.deal_value,
      l.status_changed_at,
      l.qualified_at,
      l.call_proposed_at,
      l.call_booked_at,
      l.call_attended_at,
      l.call_no_show_at,
      l.won_at,
      l.lost_at,
      l.lead_magnet_sent_at,
      l.time_to_action_minutes,
      sum(l.leads) as leads,
      sum(l.discussion_seconds) as discussion_seconds
    from lead_changes as l
    group by
      l.coach_id, l.discussed_at, l.created_at, l.gender, l.age, l.has_email, l.status,
      l.deal_value, l.status_changed_at, l.qualified_at, l.call_proposed_at, l.call_booked_at,
      l.call_attended_at, l.call_no_show_at, l.won_at, l.lost_at, l.lead_magnet_sent_at,
      l.time_to_action_minutes
    having sum(l.leads) <> 0 or sum(l.discussion_seconds) <> 0
  ),
  -- A lead once for each thing that happened to it, as in count_days.
  moments as materialized (
    select
      l.*,
      moment.kind,
      moment.at at time zone z.timezone as local_at
    from counted as l
    inner join zones as z on l.coach_id = z.coach_id
    cross join
      lateral (
        select
          k.kind,
          k.at
        from (
          values
          ('created', l.created_at),
          (
            'relance',
            case when l.status = 'relance' then coalesce(l.status_changed_at, l.created_at) end
          ),
          ('won', l.won_at),
          ('lost', case when l.status = 'lost' then l.lost_at end),
          ('qualified', l.qualified_at),
          ('call_proposed', l.call_proposed_at),
          ('call_booked', l.call_booked_at),
          ('call_due', least(l.call_attended_at, l.call_no_show_at)),
          ('no_show', l.call_no_show_at),
          ('lead_magnet', l.lead_magnet_sent_at),
          (
            'action',
            case
              when l.time_to_action_minutes is not null
                then coalesce(l.call_booked_at, l.created_at)
            end
          )
        ) as k (kind, at)
        where l.leads <> 0 and k.at is not null
        union all
        select
          'discussion',
          l.discussed_at
        where l.discussed_at is not null
      ) as moment
  ),
  lead_days as (
    select
      m.coach_id,
      m.local_at::date as date,
      sum(m.leads) filter (where m.kind = 'created') as leads,
      sum(m.leads) filter (where m.kind = 'created' and m.gender = 'male') as males,
      sum(m.leads) filter (where m.kind = 'created' and m.gender = 'female') as females,
      sum(m.leads) filter (where m.kind = 'created' and m.gender = 'other') as others,
      sum(m.leads * m.age) filter (where m.kind = 'created') as age_sum,
      sum(m.leads) filter (where m.kind = 'created' and m.age is not null) as ages,
      sum(m.leads) filter (where m.kind = 'created' and m.has_email) as emails,
      sum(m.leads) filter (where m.kind = 'created' and m.status = 'new') as new_leads,
      sum(m.leads) filter (where m.kind = 'created' and m.status = 'engaged') as engaged_leads,
      sum(m.leads) filter (where m.kind = 'relance') as relance_leads,
      sum(m.leads) filter (where m.kind = 'won' and m.status = 'won') as won_leads,
      sum(m.leads) filter (where m.kind = 'lost') as lost_leads,
      sum(m.leads * m.deal_value) filter (where m.kind = 'won' and m.status = 'won') as revenue,
      sum(m.leads) filter (
        where m.kind = 'won' and m.status = 'won' and m.deal_value is not null
      ) as deals,
      sum(m.leads) filter (where m.kind = 'discussion') as discussions,
      sum(m.discussion_seconds) filter (where m.kind = 'discussion') as discussion_seconds,
      sum(m.leads) filter (where m.kind = 'qualified') as qualified_leads,
      sum(m.leads) filter (where m.kind = 'call_proposed') as calls_proposed,
      sum(m.leads) filter (where m.kind = 'call_booked') as calls_booked,
      sum(m.leads) filter (where m.kind = 'call_due') as calls_due,
      sum(m.leads) filter (where m.kind = 'no_show') as no_shows,
      sum(m.leads) filter (where m.kind = 'lead_magnet') as lead_magnets,
      sum(m.leads) filter (where m.kind = 'action') as timed_actions,
      sum(m.leads * m.time_to_action_minutes) filter (where m.kind = 'action') as action_minutes
    from moments as m
    group by m.coach_id, m.local_at::date
  ),
  -- The hours of the wins of a day, with those that came and without those that went.
  wins as (
    select
      m.coach_id,
      m.local_at::date as date,
      extract(hour from m.local_at)::integer as hour,
      sum(m.leads) as wins
    from moments as m
    where m.kind = 'won'
    group by m.coach_id, m.local_at::date, extract(hour from m.local_at)::integer
    having sum(m.leads) <> 0
  ),
  win_days as (
    select
      h.coach_id,
      h.date,
      coalesce(
        array_agg(h.hour order by h.hour) filter (where n.number is not null), '{}'
      ) as win_hours
    from (
      select
        w.coach_id,
        w.date,
        w.hour,
        sum(w.wins)::integer as wins
      from (
        select wins.* from wins
        union all
        select
          d.coach_id,
          d.date,
          x.hour,
          1
        from public.kpi_daily as d
        cross join lateral unnest(d.win_hours) as x (hour)
        where (d.coach_id, d.date) in (select wins.coach_id, wins.date from wins)
      ) as w
      group by w.coach_id, w.date, w.hour
    ) as h
    left join lateral generate_series(1, h.wins) as n (number) on true
    group by h.coach_id, h.date
  ),
  changed as materialized (
    select
      coach_id,
      date,
      coalesce(m.messages_sent, 0) as messages_sent,
      coalesce(m.messages_received, 0) as messages_received,
      coalesce(l.leads, 0) as leads,
      coalesce(l.males, 0) as males,
      coalesce(l.females, 0) as females,
      coalesce(l.others, 0) as others,
      coalesce(l.age_sum, 0) as age_sum,
      coalesce(l.ages, 0) as ages,
      coalesce(l.emails, 0) as emails,
      coalesce(l.new_leads, 0) as new_leads,
      coalesce(l.engaged_leads, 0) as engaged_leads,
      coalesce(l.relance_leads, 0) as relance_leads,
      coalesce(l.won_leads, 0) as won_leads,
      coalesce(l.lost_leads, 0) as lost_leads,
      coalesce(l.revenue, 0) as revenue,
      coalesce(l.deals, 0) as deals,
      coalesce(s.msg1_sent, 0) as msg1_sent,
      coalesce(s.msg1_replied, 0) as msg1_replied,
      coalesce(s.msg2_sent, 0) as msg2_sent,
      coalesce(s.msg2_replied, 0) as msg2_replied,
      coalesce(s.msg3_sent, 0) as msg3_sent,
      coalesce(s.msg3_replied, 0) as msg3_replied,
      coalesce(s.msg4_sent, 0) as msg4_sent,
      coalesce(s.msg4_replied, 0) as msg4_replied,
      coalesce(l.discussions, 0) as discussions,
      coalesce(l.discussion_seconds, 0) as discussion_seconds,
      coalesce(l.qualified_leads, 0) as qualified_leads,
      coalesce(l.calls_proposed, 0) as calls_proposed,
      coalesce(l.calls_booked, 0) as calls_booked,
      coalesce(l.calls_due, 0) as calls_due,
      coalesce(l.no_shows, 0) as no_shows,
      coalesce(l.lead_magnets, 0) as lead_magnets,
      coalesce(l.timed_actions, 0) as timed_actions,
      coalesce(l.action_minutes, 0) as action_minutes,
      w.win_hours
    from message_days as m
    full join sequence_days as s using (coach_id, date)
    full join lead_days as l using (coach_id, date)
    full join win_days as w using (coach_id, date)
  ),
  written as (
    insert into public.kpi_daily as d
    select
      n.coach_id,
      n.date,
      n.messages_sent,
      n.messages_received,
      n.leads,
      n.males,
      n.females,
      n.others,
      n.age_sum,
      n.ages,
      n.emails,
      n.new_leads,
      n.engaged_leads,
      n.relance_leads,
      n.won_leads,
      n.lost_leads,
      n.revenue,
      n.deals,
      n.msg1_sent,
      n.msg1_replied,
      n.msg2_sent,
      n.msg2_replied,
      n.msg3_sent,
      n.msg3_replied,
      n.msg4_sent,
      n.msg4_replied,
      n.discussions,
      n.discussion_seconds,
      n.qualified_leads,
      n.calls_proposed,
      n.calls_booked,
      n.calls_due,
      n.no_shows,
      n.lead_magnets,
      n.timed_actions,
      n.action_minutes,
      coalesce(n.win_hours, old.win_hours, '{}')
    from changed as n
    left join public.kpi_daily as old on n.coach_id = old.coach_id and n.date = old.date
    on conflict (coach_id, date) do update
      set
        messages_sent = d.messages_sent + excluded.messages_sent,
        messages_received = d.messages_received + excluded.messages_received,
        leads = d.leads + excluded.leads,
        males = d.males + excluded.males,
        females = d.females + excluded.females,
        others = d.others + excluded.others,
        age_sum = d.age_sum + excluded.age_sum,
        ages = d.ages + excluded.ages,
        emails = d.emails + excluded.emails,
        new_leads = d.new_leads + excluded.new_leads,
        engaged_leads = d.engaged_leads + excluded.engaged_leads,
        relance_leads = d.relance_leads + excluded.relance_leads,
        won_leads = d.won_leads + excluded.won_leads,
        lost_leads = d.lost_leads + excluded.lost_leads,
        revenue = d.revenue + excluded.revenue,
        deals = d.deals + excluded.deals,
        msg1_sent = d.msg1_sent + excluded.msg1_sent,
        msg1_replied = d.msg1_replied + excluded.msg1_replied,
        msg2_sent = d.msg2_sent + excluded.msg2_sent,
        msg2_replied = d.msg2_replied + excluded.msg2_replied,
        msg3_sent = d.msg3_sent + excluded.msg3_sent,
        msg3_replied = d.msg3_replied + excluded.msg3_replied,
        msg4_sent = d.msg4_sent + excluded.msg4_sent,
        msg4_replied = d.msg4_replied + excluded.msg4_replied,
        discussions = d.discussions + excluded.discussions,
        discussion_seconds = d.discussion_seconds + excluded.discussion_seconds,
        qualified_leads = d.qualified_leads + excluded.qualified_leads,
        calls_proposed = d.calls_proposed + excluded.calls_proposed,
        calls_booked = d.calls_booked + excluded.calls_booked,
        calls_due = d.calls_due + excluded.calls_due,
        no_shows = d.no_shows + excluded.no_shows,
        lead_magnets = d.lead_magnets + excluded.lead_magnets,
        timed_actions = d.timed_actions + excluded.timed_actions,
        action_minutes = d.action_minutes + excluded.action_minutes,
        win_hours = excluded.win_hours
    returning
      d.coach_id,
      d.date,
      -- Every other part is some of one of these.
      greatest(
        d.messages_sent, d.messages_received, d.leads, d.relance_leads, d.won_leads, d.lost_leads,
        d.msg1_sent, d.msg2_sent, d.msg3_sent, d.msg4_sent, d.discussions, d.qualified_leads,
        d.calls_proposed, d.calls_booked, d.calls_due, d.no_shows, d.lead_magnets,
        d.timed_actions, cardinality(d.win_hours)
      ) = 0 as is_empty
  ),
  totals as (
    insert into private.kpi_totals as t (
      coach_id, timezone,
      messages_sent, messages_received, leads, males, females, others, age_sum, ages, emails,
      new_leads, engaged_leads, relance_leads, won_leads, lost_leads, revenue, deals, msg1_sent,
      msg1_replied, msg2_sent, msg2_replied, msg3_sent, msg3_replied, msg4_sent, msg4_replied,
      discussions, discussion_seconds, qualified_leads, calls_proposed, calls_booked, calls_due,
      no_shows, lead_magnets, timed_actions, action_minutes
    )
    select
      n.coach_id,
      z.timezone,
      sum(n.messages_sent),
      sum(n.messages_received),
      sum(n.leads),
      sum(n.males),
      sum(n.females),
      sum(n.others),
      sum(n.age_sum),
      sum(n.ages),
      sum(n.emails),
      sum(n.new_leads),
      sum(n.engaged_leads),
      sum(n.relance_leads),
      sum(n.won_leads),
      sum(n.lost_leads),
      sum(n.revenue),
      sum(n.deals),
      sum(n.msg1_sent),
      sum(n.msg1_replied),
      sum(n.msg2_sent),
      sum(n.msg2_replied),
      sum(n.msg3_sent),
      sum(n.msg3_replied),
      sum(n.msg4_sent),
      sum(n.msg4_replied),
      sum(n.discussions),
      sum(n.discussion_seconds),
      sum(n.qualified_leads),
      sum(n.calls_proposed),
      sum(n.calls_booked),
      sum(n.calls_due),
      sum(n.no_shows),
      sum(n.lead_magnets),
      sum(n.timed_actions),
      sum(n.action_minutes)
    from changed as n
    inner join zones as z on n.coach_id = z.coach_id
    group by n.coach_id, z.timezone
    on conflict (coach_id) do update
      set
        messages_sent = t.messages_sent + excluded.messages_sent,
        messages_received = t.messages_received + excluded.messages_received,
        leads = t.leads + excluded.leads,
        males = t.males + excluded.males,
        females = t.females + excluded.females,
        others = t.others + excluded.others,
        age_sum = t.age_sum + excluded.age_sum,
        ages = t.ages + excluded.ages,
        emails = t.emails + excluded.emails,
        new_leads = t.new_leads + excluded.new_leads,
        engaged_leads = t.engaged_leads + excluded.engaged_leads,
        relance_leads = t.relance_leads + excluded.relance_leads,
        won_leads = t.won_leads + excluded.won_leads,
        lost_leads = t.lost_leads + excluded.lost_leads,
        revenue = t.revenue + excluded.revenue,
        deals = t.deals + excluded.deals,
        msg1_sent = t.msg1_sent + excluded.msg1_sent,
        msg1_replied = t.msg1_replied + excluded.msg1_replied,
        msg2_sent = t.msg2_sent + excluded.msg2_sent,
        msg2_replied = t.msg2_replied + excluded.msg2_replied,
        msg3_sent = t.msg3_sent + excluded.msg3_sent,
        msg3_replied = t.msg3_replied + excluded.msg3_replied,
        msg4_sent = t.msg4_sent + excluded.msg4_sent,
        msg4_replied = t.msg4_replied + excluded.msg4_replied,
        discussions = t.discussions + excluded.discussions,
        discussion_seconds = t.discussion_seconds + excluded.discussion_seconds,
        qualified_leads = t.qualified_leads + excluded.qualified_leads,
        calls_proposed = t.calls_proposed + excluded.calls_proposed,
        calls_booked = t.calls_booked + excluded.calls_booked,
        calls_due = t.calls_due + excluded.calls_due,
        no_shows = t.no_shows + excluded.no_shows,
        lead_magnets = t.lead_magnets + excluded.lead_magnets,
        timed_actions = t.timed_actions + excluded.timed_actions,
        action_minutes = t.action_minutes + excluded.action_minutes
  )
  select
    (select count(*) from message_changes)
    + (select count(*) from sequence_changes)
    + (select count(*) from lead_changes),
    (select count(*) from written),
    array(
      select m.coach_id from message_changes as m
      union
      select s.coach_id from sequence_changes as s
      union
      select l.coach_id from lead_changes as l
    ),
    array(select distinct l.coach_id from lead_changes as l where l.leads <> 0),
    (select array_agg(w.coach_id order by w.coach_id, w.date) from written as w where w.is_empty),
    (select array_agg(w.date order by w.coach_id, w.date) from written as w where w.is_empty),
    (select array_agg(distinct w.coach_id) from wins as w)
  into changes, days, tenants, reshaped, v_emptied_coach_ids, v_emptied_dates, v_winners;

  if v_emptied_dates is not null then
    delete from public.kpi_daily as d
    using unnest(v_emptied_coach_ids, v_emptied_dates) as e (coach_id, date)
    where d.coach_id = e.coach_id and d.date = e.date;
  end if;
  if v_winners is not null then
    perform private.find_best_hours(v_winners);
  end if;
end;
$$;

comment on function private.add_kpi_changes() is
'Takes the marks out of the logs and adds them to kpi_daily and kpi_totals.';

-- What get_top_sources, get_top_professions, get_loss_reasons and get_funnel answer, of several
-- tenants at once: for the functions that a client calls, and for the boards that a refresh keeps.

-- Each value is counted as it is stored, from an index alone, and only then put into words.
create function private.lead_sources(coach_ids uuid[])
returns table (
  coach_id uuid,
  source_name text,
  lead_count bigint,
  percentage numeric,
  "position" bigint -- noqa: RF06
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    s.coach_id,
    coalesce(s.source, 'unknown'),
    s.leads,
    round(100.0 * s.leads / sum(s.leads) over (partition by s.coach_id), 1),
    row_number() over (
      partition by s.coach_id order by s.leads desc, coalesce(s.source, 'unknown') collate "C"
    )
  from (
    select
      l.coach_id,
      nullif(l.source, 'unknown') as source,
      count(*) as leads
    from public.leads as l
    where l.coach_id = any(lead_sources.coach_ids)
    group by l.coach_id, nullif(l.source, 'unknown')
  ) as s;
end;

comment on function private.lead_sources(uuid[]) is
'Where the leads of each tenant come from, the commonest at position 1.';

create function private.lead_professions(coach_ids uuid[])
returns table (
  coach_id uuid,
  profession text,
  lead_count bigint,
  percentage numeric,
  "position" bigint -- noqa: RF06
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  with titles as (
    select
      l.coach_id,
      l.job_title,
      count(*) as leads
    from public.leads as l
    where l.coach_id = any(lead_professions.coach_ids)
    group by l.coach_id, l.job_title
  ),
  spellings as (
    select
      t.coach_id,
      btrim(t.job_title) as spelling,
      sum(t.leads) as leads
    from titles as t
    where btrim(t.job_title) <> ''
    group by t.coach_id, btrim(t.job_title)
  )
  select
    s.coach_id,
    (array_agg(s.spelling order by s.leads desc, s.spelling collate "C"))[1],
    sum(s.leads)::bigint,
    round(100.0 * sum(s.leads) / sum(sum(s.leads)) over (partition by s.coach_id), 1),
    row_number() over (
      partition by s.coach_id order by sum(s.leads) desc, lower(s.spelling) collate "C"
    )
  from spellings as s
  group by s.coach_id, lower(s.spelling);
end;

comment on function private.lead_professions(uuid[]) is
'What the leads of each tenant do, without regard to case, the commonest at position 1.';

create function private.lead_loss_reasons(coach_ids uuid[])
returns table (
  coach_id uuid,
  loss_reason text,
  lead_count bigint,
  percentage numeric,
  "position" bigint -- noqa: RF06
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    l.coach_id,
    l.loss_reason,
    count(*),
    round(100.0 * count(*) / sum(count(*)) over (partition by l.coach_id), 1),
    row_number() over (
      partition by l.coach_id order by count(*) desc, l.loss_reason collate "C"
    )
  from public.leads as l
  where
    l.coach_id = any(lead_loss_reasons.coach_ids)
    and l.status = 'lost'
    and l.loss_reason is not null
  group by l.coach_id, l.loss_reason;
end;

comment on function private.lead_loss_reasons(uuid[]) is
'Why lost leads of each tenant were lost, the commonest at position 1.';

create function private.lead_stages(coach_ids uuid[])
returns table (
  coach_id uuid,
  "position" integer, -- noqa: RF06
  stage text,
  lead_count bigint,
  percentage numeric,
  step_percentage numeric
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  with counts as (
    select
      l.coach_id,
      count(*) as leads,
      count(*) filter (where l.total_messages_sent > 0) as contacted,
      count(l.engaged_at) as engaged,
      count(l.qualified_at) as qualified,
      count(l.call_proposed_at) as call_proposed,
      count(l.call_booked_at) as call_booked,
      count(*) filter (where l.status = 'won') as won
    from public.leads as l
    where l.coach_id = any(lead_stages.coach_ids)
    group by l.coach_id
  )
  select
    c.coach_id,
    s.position,
    s.stage,
    s.reached,
    round(100.0 * s.reached / c.leads, 1),
    round(100.0 * s.reached / nullif(s.before, 0), 1)
  from counts as c
  cross join
    lateral (
      values
      (1, 'lead', c.leads, null),
      (2, 'contacted', c.contacted, c.leads),
      (3, 'engaged', c.engaged, c.contacted),
      (4, 'qualified', c.qualified, c.engaged),
      (5, 'call_proposed', c.call_proposed, c.qualified),
      (6, 'call_booked', c.call_booked, c.call_proposed),
      (7, 'won', c.won, c.call_booked)
    ) as s (position, stage, reached, before);
end;

comment on function private.lead_stages(uuid[]) is
'How many leads of each tenant ever reached each stage.';

-- Whom to write to, and how many they are, of one tenant of any size.
--
-- The functions of this file and of 54_dashboard.sql ask once whether the caller may read the
-- tenant, then read as their owner. Under RLS, PostgreSQL may not walk the index by a condition
-- such as «up to the day on which the list is full»: it holds that back until the policy has been
-- applied to every row, which for a tenant of 100,000 leads takes 600 ms instead of 1.
--
-- plpgsql, and planned once: before PostgreSQL 18 a SQL function is planned anew at each call,
-- which takes longer than the walk. A plan for the limit or tenant at hand would be no better.

-- Raises for a moment that no calendar of a business knows; null is one too.
create function private.check_moment(as_of timestamptz)
returns boolean
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if check_moment.as_of between '1900-01-01 00:00+00' and '9000-01-01 00:00+00' then
    return true;
  end if;
  raise exception 'as_of must be a moment between the years 1900 and 9000' using errcode = '22023';
end;
$$;

comment on function private.check_moment(timestamptz) is
'True, or an error 22023: infinity and null have no day.';

-- Not executable by anybody but its callers here: it asks nothing about who calls. The index holds
-- the day of the last contact and not the moment, so each priority is walked twice: by the index
-- alone to the day on which the list is full, then the leads up to that day. Priorities are walked
-- in turn, and the last ones seldom.
create function private.list_followups(coach_id uuid, as_of timestamptz, "limit" bigint)
returns table (
  lead_id uuid,
  user_id_instagram text,
  first_name text,
  status text,
  days_since_contact integer,
  priority text,
  last_name text,
  contact_id text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_left bigint := list_followups."limit";
  v_shown bigint;
  -- The last contact of who is to be followed up, and of a relance that is urgent, at the latest.
  v_due timestamptz;
  v_urgent timestamptz;
  v_due_on date;
  v_urgent_on date;
begin
  select
    list_followups.as_of - make_interval(hours => 24 * s.followup_after_days),
    list_followups.as_of
    - make_interval(hours => 24 * greatest(s.followup_after_days, s.relance_high_after_days))
  into v_due, v_urgent
  from public.coach_settings as s
  where s.coach_id = list_followups.coach_id;
  v_due_on := (v_due at time zone 'UTC')::date;
  v_urgent_on := (v_urgent at time zone 'UTC')::date;
  for v_rank in 1..3 loop
    exit when v_left = 0;
    return query
    with parts as (
      select r.*
      from (
        values
        (1, 'qualified', '-infinity'::date, v_due_on),
        (1, 'call_proposed', '-infinity', v_due_on),
        (1, 'relance', '-infinity', v_urgent_on),
        (2, 'engaged', '-infinity', v_due_on),
        (2, 'relance', v_urgent_on, v_due_on),
        (3, 'new', '-infinity', v_due_on)
      ) as r (rank, status, first, last)
      where r.rank = v_rank
    ),
    -- Of the first and the last day of a part some leads are not to be followed up, or are urgent;
    -- of the days in between all count.
    full_on as (
      select d.silent_on
      from parts as p
      cross join
        lateral (
          select e.silent_on
          from public.leads as e
          where
            e.coach_id = list_followups.coach_id
            and e.status = p.status
            and e.status in ('new', 'engaged', 'qualified', 'call_proposed', 'relance')
            and e.silent_on > p.first
            and e.silent_on < p.last
          order by e.silent_on asc
          limit v_left
        ) as d
      order by d.silent_on asc
      offset greatest(v_left - 1, 0)
      limit 1
    )
    select
      l.id,
      l.user_id_instagram,
      l.first_name,
      l.status,
      floor(extract(epoch from list_followups.as_of - l.contact_at) / 86400)::integer,
      (array['high', 'medium', 'low'])[v_rank],
      l.last_name,
      l.contact_id
    from parts as p
    cross join lateral (
      select
        f.*,
        coalesce(f.last_message_at, f.created_at) as contact_at
      from public.leads as f
      where
        f.coach_id = list_followups.coach_id
        and f.status = p.status
        and f.status in ('new', 'engaged', 'qualified', 'call_proposed', 'relance')
        and f.silent_on >= p.first
        and f.silent_on <= least(
          p.last, case when v_left is not null then (select u.silent_on from full_on as u) end
        )
    ) as l
    where
      l.contact_at <= v_due
      and (l.status <> 'relance' or (l.contact_at <= v_urgent) = (v_rank = 1))
    order by l.contact_at asc, l.id asc
    limit v_left;
    get diagnostics v_shown = row_count;
    v_left := v_left - v_shown;
  end loop;
end;
$$;

comment on function private.list_followups(uuid, timestamptz, bigint) is
'The first leads to be followed up, or all where the limit is null.';

-- Definer, see above.
create function private.followups(coach_id uuid, as_of timestamptz, "limit" bigint)
returns table (
  lead_id uuid,
  user_id_instagram text,
  first_name text,
  status text,
  days_since_contact integer,
  priority text,
  last_name text,
  contact_id text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if private.reads_tenant(followups.coach_id) then
    perform private.check_moment(followups.as_of);
    return query
    select f.*
    from private.list_followups(followups.coach_id, followups.as_of, followups."limit") as f;
  end if;
end;
$$;

comment on function private.followups(uuid, timestamptz, bigint) is
'Definer after a check: the rows of public.get_leads_to_followup.';

-- Not executable by anybody but its callers here: it asks nothing about who calls.
create function private.count_followups(
  coach_id uuid,
  after timestamptz,
  until timestamptz,
  followup_after_days integer,
  relance_high_after_days integer
)
returns table (high bigint, medium bigint, low bigint)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_days interval := make_interval(hours => 24 * count_followups.followup_after_days);
  v_high interval := make_interval(hours => 24 * greatest(
    count_followups.followup_after_days, count_followups.relance_high_after_days
  ));
  -- A lead counts from the moment on when its last contact comes to lie before that moment less
  -- so many days; and the day of that, which the index knows.
  v_after timestamptz := count_followups.after - v_days;
  v_until timestamptz := count_followups.until - v_days;
  v_first date := (v_after at time zone 'UTC')::date;
  v_last date := (v_until at time zone 'UTC')::date;
  v_high_after timestamptz := count_followups.after - v_high;
  v_high_until timestamptz := count_followups.until - v_high;
  v_high_first date := (v_high_after at time zone 'UTC')::date;
  v_high_last date := (v_high_until at time zone 'UTC')::date;
begin
  if count_followups.until < count_followups.after then
    return query
    select
      -n.high,
      -n.medium,
      -n.low
    from private.count_followups(
      count_followups.coach_id,
      count_followups.until,
      count_followups.after,
      count_followups.followup_after_days,
      count_followups.relance_high_after_days
    ) as n;
    return;
  end if;

  -- The days in between by the index alone, those at both ends by the moment.
  return query
  with found as (
    select
      l.status,
      count(*) as leads
    from public.leads as l
    where
      l.coach_id = count_followups.coach_id
      and l.status in ('new', 'engaged', 'qualified', 'call_proposed', 'relance')
      and l.silent_on > v_first
      and l.silent_on < v_last
    group by l.status
    union all
    select
      l.status,
      count(*)
    from public.leads as l
    where
      l.coach_id = count_followups.coach_id
      and l.status in ('new', 'engaged', 'qualified', 'call_proposed', 'relance')
      and l.silent_on in (v_first, v_last)
      and coalesce(l.last_message_at, l.created_at) > v_after
      and coalesce(l.last_message_at, l.created_at) <= v_until
    group by l.status
    union all
    select
      'urgent',
      count(*)
    from public.leads as l
    where
      l.coach_id = count_followups.coach_id
      and l.status = 'relance'
      and l.silent_on > v_high_first
      and l.silent_on < v_high_last
    union all
    select
      'urgent',
      count(*)
    from public.leads as l
    where
      l.coach_id = count_followups.coach_id
      and l.status = 'relance'
      and l.silent_on in (v_high_first, v_high_last)
      and coalesce(l.last_message_at, l.created_at) > v_high_after
      and coalesce(l.last_message_at, l.created_at) <= v_high_until
  )
  select
    coalesce(
      sum(f.leads) filter (where f.status in ('qualified', 'call_proposed', 'urgent')), 0
    )::bigint,
    coalesce(
      sum(case when f.status = 'urgent' then -f.leads else f.leads end)
      filter (where f.status in ('engaged', 'relance', 'urgent')),
      0
    )::bigint,
    coalesce(sum(f.leads) filter (where f.status = 'new'), 0)::bigint
  from found as f;
end;
$$;

comment on function private.count_followups(uuid, timestamptz, timestamptz, integer, integer) is
'How many leads, by priority, more are to be followed up at `until` than were at `after`; '
'-infinity counts them all.';

-- Until then the counts of a board are right as they are, if nobody writes. Looked for on the day
-- of the threshold alone: with nobody left on it, the next day is early enough.
create function private.next_followup(
  coach_id uuid, after timestamptz, followup_after_days integer, relance_high_after_days integer
)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_days interval := make_interval(hours => 24 * next_followup.followup_after_days);
  v_high interval := make_interval(hours => 24 * greatest(
    next_followup.followup_after_days, next_followup.relance_high_after_days
  ));
  v_after timestamptz := next_followup.after - v_days;
  v_high_after timestamptz := next_followup.after - v_high;
  v_day date := (v_after at time zone 'UTC')::date;
  v_high_day date := (v_high_after at time zone 'UTC')::date;
begin
  return least(
    (
      select min(coalesce(l.last_message_at, l.created_at))
      from public.leads as l
      where
        l.coach_id = next_followup.coach_id
        and l.status in ('new', 'engaged', 'qualified', 'call_proposed', 'relance')
        and l.silent_on = v_day
        and coalesce(l.last_message_at, l.created_at) > v_after
    ) + v_days,
    (
      select min(coalesce(l.last_message_at, l.created_at))
      from public.leads as l
      where
        l.coach_id = next_followup.coach_id
        and l.status = 'relance'
        and l.silent_on = v_high_day
        and coalesce(l.last_message_at, l.created_at) > v_high_after
    ) + v_high,
    (v_day + 1)::timestamp at time zone 'UTC' + v_days,
    (v_high_day + 1)::timestamp at time zone 'UTC' + v_high
  );
end;
$$;

comment on function private.next_followup(uuid, timestamptz, integer, integer) is
'The moment after `after` when a lead may become due or urgent, or an earlier one.';

-- Keeping the boards.

-- The lists of a dashboard for several tenants at once, as the functions that a client calls give
-- them; a tenant without leads has empty ones.
create function private.lead_boards(coach_ids uuid[])
returns table (
  coach_id uuid,
  funnel jsonb,
  top_sources jsonb,
  top_professions jsonb,
  loss_reasons jsonb
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  with stages as (
    select
      s.coach_id,
      jsonb_agg(to_jsonb(s) - 'coach_id' order by s.position) as list
    from private.lead_stages(lead_boards.coach_ids) as s
    group by s.coach_id
  ),
  sources as (
    select
      s.coach_id,
      jsonb_agg(to_jsonb(s) - array['coach_id', 'position'] order by s.position) as list
    from private.lead_sources(lead_boards.coach_ids) as s
    where s.position <= 3
    group by s.coach_id
  ),
  professions as (
    select
      p.coach_id,
      jsonb_agg(to_jsonb(p) - array['coach_id', 'position'] order by p.position) as list
    from private.lead_professions(lead_boards.coach_ids) as p
    where p.position <= 5
    group by p.coach_id
  ),
  reasons as (
    select
      r.coach_id,
      jsonb_agg(to_jsonb(r) - array['coach_id', 'position'] order by r.position) as list
    from private.lead_loss_reasons(lead_boards.coach_ids) as r
    group by r.coach_id
  )
  select
    t.id,
    coalesce(g.list, '[]'),
    coalesce(s.list, '[]'),
    coalesce(p.list, '[]'),
    coalesce(r.list, '[]')
  from unnest(lead_boards.coach_ids) as t (id)
  left join stages as g on t.id = g.coach_id
  left join sources as s on t.id = s.coach_id
  left join professions as p on t.id = p.coach_id
  left join reasons as r on t.id = r.coach_id;
end;

comment on function private.lead_boards(uuid[]) is
'Funnel, tops and loss reasons of some tenants, counted now.';

-- The KPIs of a row of coach_dashboard_kpis, each with what a client needs to show it.
create function private.kpi_cards(figures jsonb, estimated_kpis text[])
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    jsonb_object_agg(
      k.code,
      jsonb_build_object(
        'value', kpi_cards.figures -> k.code,
        'unit', k.unit,
        'is_estimate',
        k.code = any(kpi_cards.estimated_kpis) and kpi_cards.figures -> k.code <> 'null',
        'badge', case
          when k.badge_good_from is null or kpi_cards.figures -> k.code = 'null' then null
          when (kpi_cards.figures ->> k.code)::numeric >= k.badge_excellent_from then 'excellent'
          when (kpi_cards.figures ->> k.code)::numeric >= k.badge_good_from then 'good'
          else 'to_improve'
        end
      )
    )
  from public.kpi_catalog as k;
end;

comment on function private.kpi_cards(jsonb, text[]) is
'Each KPI of the catalogue by its code, as {value, unit, is_estimate, badge}.';

-- `touched` are the tenants of which anything changed; of them `reshaped` those of which a lead
-- came or went, or changed what the lists count. Null: every tenant. An empty array: none. It reads
-- coach_dashboard_kpis, which must have been refreshed.
create function private.refresh_boards(
  touched uuid[] default null, reshaped uuid[] default null
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_touched uuid[] := coalesce(
    refresh_boards.touched, array(select c.id from public.coachs as c)
  );
  v_reshaped uuid[] := coalesce(refresh_boards.reshaped, v_touched);
begin
  insert into private.kpi_boards as b (
    coach_id,
    computed_at,
    kpis,
    followup_after_days,
    relance_high_after_days,
    followups_high,
    followups_medium,
    followups_low,
    next_followup_at
  )
  select
    s.coach_id,
    now(),
    private.kpi_cards(to_jsonb(k), k.estimated_kpis),
    s.followup_after_days,
    s.relance_high_after_days,
    n.high,
    n.medium,
    n.low,
    private.next_followup(
      s.coach_id, now(), s.followup_after_days, s.relance_high_after_days
    )
  from unnest(v_touched) as t (id)
  inner join public.coach_settings as s on t.id = s.coach_id
  inner join private.coach_dashboard_kpis as k on t.id = k.coach_id
  cross join
    lateral private.count_followups(
      s.coach_id, '-infinity', now(), s.followup_after_days, s.relance_high_after_days
    ) as n
  on conflict (coach_id) do update
    set
      computed_at = excluded.computed_at,
      kpis = excluded.kpis,
      followup_after_days = excluded.followup_after_days,
      relance_high_after_days = excluded.relance_high_after_days,
      followups_high = excluded.followups_high,
      followups_medium = excluded.followups_medium,
      followups_low = excluded.followups_low,
      next_followup_at = excluded.next_followup_at;

  update private.kpi_boards as b
  set
    funnel = l.funnel,
    top_sources = l.top_sources,
    top_professions = l.top_professions,
    loss_reasons = l.loss_reasons
  from private.lead_boards(v_reshaped) as l
  where b.coach_id = l.coach_id;
end;
$$;

comment on function private.refresh_boards(uuid[], uuid[]) is
'Counts the boards of the touched tenants, and the lists on those of the reshaped ones, anew.';

-- Writes anew the KPIs on the boards of these tenants (null: of all), whose lists are as they were.
create function private.relabel_boards(coach_ids uuid[])
returns void
language sql
set search_path = pg_catalog, pg_temp
begin atomic
  update private.kpi_boards as b
  set kpis = private.kpi_cards(to_jsonb(k), k.estimated_kpis)
  from private.coach_dashboard_kpis as k
  where
    b.coach_id = k.coach_id
    and (
      relabel_boards.coach_ids is null or b.coach_id = any(relabel_boards.coach_ids)
    );
end;

comment on function private.relabel_boards(uuid[]) is
'Writes the KPIs on the boards of these tenants, or of all, as coach_dashboard_kpis has them.';

-- A board holds units and badges of the catalogue.
create function private.tg_kpi_catalog__relabel_boards()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.relabel_boards(null);
  return null;
end;
$$;

create trigger _100_relabel_boards
after insert or update or delete or truncate on public.kpi_catalog
for each statement execute function private.tg_kpi_catalog__relabel_boards();

-- Marks: what each write adds to the parts of the KPIs, appended to the logs of 20_tables.sql. A
-- statement of a million rows runs one of these once. None of them joins: their plan is kept from
-- the first call in a session on, when tables may have been empty. An update adds what is so now
-- and takes away what was; what did not change sums to nothing and is not written.

create function private.tg_messages__mark_insert()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_message_changes (coach_id, at, sent, received)
  select
    n.coach_id,
    n.created_at,
    (n.direction = 'out')::integer,
    (n.direction = 'in')::integer
  from new_rows as n;
  return null;
end;
$$;

create trigger _500_mark_insert
after insert on public.messages
referencing new table as new_rows
for each statement execute function private.tg_messages__mark_insert();

create function private.tg_messages__mark_update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_message_changes (coach_id, at, sent, received)
  select
    r.coach_id,
    r.created_at,
    sum(r.sent),
    sum(r.received)
  from (
    select
      n.coach_id,
      n.created_at,
      (n.direction = 'out')::integer as sent,
      (n.direction = 'in')::integer as received
    from new_rows as n
    union all
    select
      o.coach_id,
      o.created_at,
      -(o.direction = 'out')::integer,
      -(o.direction = 'in')::integer
    from old_rows as o
  ) as r
  group by r.coach_id, r.created_at
  having sum(r.sent) <> 0 or sum(r.received) <> 0;
  return null;
end;
$$;

create trigger _500_mark_update
after update on public.messages
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_messages__mark_update();

create function private.tg_messages__mark_delete()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_message_changes (coach_id, at, sent, received)
  select
    o.coach_id,
    o.created_at,
    -(o.direction = 'out')::integer,
    -(o.direction = 'in')::integer
  from old_rows as o;
  return null;
end;
$$;

create trigger _500_mark_delete
after delete on public.messages
referencing old table as old_rows
for each statement execute function private.tg_messages__mark_delete();

create function private.tg_message_sequences__mark_insert()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_sequence_changes (coach_id, at, number, sent, replied)
  select
    n.coach_id,
    m.at,
    m.number,
    m.sent,
    m.replied
  from new_rows as n
  cross join
    lateral (
      values
      (1, n.msg1_sent_at, 1, n.msg1_replied::integer),
      (2, n.msg2_sent_at, 1, n.msg2_replied::integer),
      (3, n.msg3_sent_at, 1, n.msg3_replied::integer),
      (4, n.msg4_sent_at, 1, n.msg4_replied::integer)
    ) as m (number, at, sent, replied)
  where m.at is not null;
  return null;
end;
$$;

create trigger _500_mark_insert
after insert on public.message_sequences
referencing new table as new_rows
for each statement execute function private.tg_message_sequences__mark_insert();

create function private.tg_message_sequences__mark_update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_sequence_changes (coach_id, at, number, sent, replied)
  select
    r.coach_id,
    r.at,
    r.number,
    sum(r.sent),
    sum(r.replied)
  from (
    select
      n.coach_id,
      m.at,
      m.number,
      m.sent,
      m.replied
    from new_rows as n
    cross join
      lateral (
        values
        (1, n.msg1_sent_at, 1, n.msg1_replied::integer),
        (2, n.msg2_sent_at, 1, n.msg2_replied::integer),
        (3, n.msg3_sent_at, 1, n.msg3_replied::integer),
        (4, n.msg4_sent_at, 1, n.msg4_replied::integer)
      ) as m (number, at, sent, replied)
    where m.at is not null
    union all
    select
      o.coach_id,
      m.at,
      m.number,
      m.sent,
      m.replied
    from old_rows as o
    cross join
      lateral (
        values
        (1, o.msg1_sent_at, -1, -o.msg1_replied::integer),
        (2, o.msg2_sent_at, -1, -o.msg2_replied::integer),
        (3, o.msg3_sent_at, -1, -o.msg3_replied::integer),
        (4, o.msg4_sent_at, -1, -o.msg4_replied::integer)
      ) as m (number, at, sent, replied)
    where m.at is not null
  ) as r
  group by r.coach_id, r.at, r.number
  having sum(r.sent) <> 0 or sum(r.replied) <> 0;
  return null;
end;
$$;

create trigger _500_mark_update
after update on public.message_sequences
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_message_sequences__mark_update();

create function private.tg_message_sequences__mark_delete()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_sequence_changes (coach_id, at, number, sent, replied)
  select
    o.coach_id,
    m.at,
    m.number,
    m.sent,
    m.replied
  from old_rows as o
  cross join
    lateral (
      values
      (1, o.msg1_sent_at, -1, -o.msg1_replied::integer),
      (2, o.msg2_sent_at, -1, -o.msg2_replied::integer),
      (3, o.msg3_sent_at, -1, -o.msg3_replied::integer),
      (4, o.msg4_sent_at, -1, -o.msg4_replied::integer)
    ) as m (number, at, sent, replied)
  where m.at is not null;
  return null;
end;
$$;

create trigger _500_mark_delete
after delete on public.message_sequences
referencing old table as old_rows
for each statement execute function private.tg_message_sequences__mark_delete();

create function private.tg_leads__mark_insert()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_lead_changes (
    coach_id, leads, discussion_seconds, discussed_at, created_at, gender, age, has_email, status,
    deal_value, status_changed_at, qualified_at, call_proposed_at, call_booked_at,
    call_attended_at, call_no_show_at, won_at, lost_at, lead_magnet_sent_at, time_to_action_minutes,
    source, job_title, loss_reason, is_contacted, is_engaged
  )
  select
    n.coach_id,
    1 as leads,
    case
      when n.total_messages_sent > 0 and n.total_messages_received > 0
        then extract(epoch from n.last_message_at - n.first_message_at)
      else 0
    end as discussion_seconds,
    case
      when n.total_messages_sent > 0 and n.total_messages_received > 0
        then n.first_message_at
    end as discussed_at,
    n.created_at,
    n.gender,
    n.age,
    n.email is not null as has_email,
    n.status,
    n.deal_value,
    n.status_changed_at,
    n.qualified_at,
    n.call_proposed_at,
    n.call_booked_at,
    n.call_attended_at,
    n.call_no_show_at,
    n.won_at,
    n.lost_at,
    n.lead_magnet_sent_at,
    n.time_to_action_minutes,
    n.source,
    n.job_title,
    n.loss_reason,
    n.total_messages_sent > 0 as is_contacted,
    n.engaged_at is not null as is_engaged
  from new_rows as n;
  return null;
end;
$$;

create trigger _500_mark_insert
after insert on public.leads
referencing new table as new_rows
for each statement execute function private.tg_leads__mark_insert();

create function private.tg_leads__mark_update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_lead_changes (
    coach_id, leads, discussion_seconds, discussed_at, created_at, gender, age, has_email, status,
    deal_value, status_changed_at, qualified_at, call_proposed_at, call_booked_at,
    call_attended_at, call_no_show_at, won_at, lost_at, lead_magnet_sent_at, time_to_action_minutes,
    source, job_title, loss_reason, is_contacted, is_engaged
  )
  select
    r.coach_id,
    sum(r.leads),
    sum(r.discussion_seconds),
    r.discussed_at,
    r.created_at,
    r.gender,
    r.age,
    r.has_email,
    r.status,
    r.deal_value,
    r.status_changed_at,
    r.qualified_at,
    r.call_proposed_at,
    r.call_booked_at,
    r.call_attended_at,
    r.call_no_show_at,
    r.won_at,
    r.lost_at,
    r.lead_magnet_sent_at,
    r.time_to_action_minutes,
    r.source,
    r.job_title,
    r.loss_reason,
    r.is_contacted,
    r.is_engaged
  from (
    select
      n.coach_id,
      1 as leads,
      case
        when n.total_messages_sent > 0 and n.total_messages_received > 0
          then extract(epoch from n.last_message_at - n.first_message_at)
        else 0
      end as discussion_seconds,
      case
        when n.total_messages_sent > 0 and n.total_messages_received > 0
          then n.first_message_at
      end as discussed_at,
      n.created_at,
      n.gender,
      n.age,
      n.email is not null as has_email,
      n.status,
      n.deal_value,
      n.status_changed_at,
      n.qualified_at,
      n.call_proposed_at,
      n.call_booked_at,
      n.call_attended_at,
      n.call_no_show_at,
      n.won_at,
      n.lost_at,
      n.lead_magnet_sent_at,
      n.time_to_action_minutes,
      n.source,
      n.job_title,
      n.loss_reason,
      n.total_messages_sent > 0 as is_contacted,
      n.engaged_at is not null as is_engaged
    from new_rows as n
    union all
    select
      o.coach_id,
      -1 as leads,
      case
        when o.total_messages_sent > 0 and o.total_messages_received > 0
          then -extract(epoch from o.last_message_at - o.first_message_at)
        else 0
      end as discussion_seconds,
      case
        when o.total_messages_sent > 0 and o.total_messages_received > 0
          then o.first_message_at
      end as discussed_at,
      o.created_at,
      o.gender,
      o.age,
      o.email is not null as has_email,
      o.status,
      o.deal_value,
      o.status_changed_at,
      o.qualified_at,
      o.call_proposed_at,
      o.call_booked_at,
      o.call_attended_at,
      o.call_no_show_at,
      o.won_at,
      o.lost_at,
      o.lead_magnet_sent_at,
      o.time_to_action_minutes,
      o.source,
      o.job_title,
      o.loss_reason,
      o.total_messages_sent > 0 as is_contacted,
      o.engaged_at is not null as is_engaged
    from old_rows as o
  ) as r
  group by
    r.coach_id, r.discussed_at, r.created_at, r.gender, r.age, r.has_email, r.status, r.deal_value,
    r.status_changed_at, r.qualified_at, r.call_proposed_at, r.call_booked_at, r.call_attended_at,
    r.call_no_show_at, r.won_at, r.lost_at, r.lead_magnet_sent_at, r.time_to_action_minutes,
    r.source, r.job_title, r.loss_reason, r.is_contacted, r.is_engaged
  having sum(r.leads) <> 0 or sum(r.discussion_seconds) <> 0;
  return null;
end;
$$;

create trigger _500_mark_update
after update on public.leads
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_leads__mark_update();

create function private.tg_leads__mark_delete()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_lead_changes (
    coach_id, leads, discussion_seconds, discussed_at, created_at, gender, age, has_email, status,
    deal_value, status_changed_at, qualified_at, call_proposed_at, call_booked_at,
    call_attended_at, call_no_show_at, won_at, lost_at, lead_magnet_sent_at, time_to_action_minutes,
    source, job_title, loss_reason, is_contacted, is_engaged
  )
  select
    o.coach_id,
    -1 as leads,
    case
      when o.total_messages_sent > 0 and o.total_messages_received > 0
        then -extract(epoch from o.last_message_at - o.first_message_at)
      else 0
    end as discussion_seconds,
    case
      when o.total_messages_sent > 0 and o.total_messages_received > 0
        then o.first_message_at
    end as discussed_at,
    o.created_at,
    o.gender,
    o.age,
    o.email is not null as has_email,
    o.status,
    o.deal_value,
    o.status_changed_at,
    o.qualified_at,
    o.call_proposed_at,
    o.call_booked_at,
    o.call_attended_at,
    o.call_no_show_at,
    o.won_at,
    o.lost_at,
    o.lead_magnet_sent_at,
    o.time_to_action_minutes,
    o.source,
    o.job_title,
    o.loss_reason,
    o.total_messages_sent > 0 as is_contacted,
    o.engaged_at is not null as is_engaged
  from old_rows as o;
  return null;
end;
$$;

create trigger _500_mark_delete
after delete on public.leads
referencing old table as old_rows
for each statement execute function private.tg_leads__mark_delete();

-- A new time zone moves every day of a tenant; under the id of a tenant that is gone another may
-- come, of which the marks of the first say nothing true.
create function private.tg_coachs__mark_update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_tenant_changes (coach_id, recount)
  select distinct
    r.id,
    true
  from (
    select
      n.id,
      n.timezone,
      1 as sign
    from new_rows as n
    union all
    select
      o.id,
      o.timezone,
      -1
    from old_rows as o
  ) as r
  group by r.id, r.timezone
  having sum(r.sign) <> 0;
  return null;
end;
$$;

create trigger _500_mark_update
after update on public.coachs
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_coachs__mark_update();

create function private.tg_coachs__mark_delete()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_tenant_changes (coach_id, recount)
  select
    o.id,
    true
  from old_rows as o;
  return null;
end;
$$;

create trigger _500_mark_delete
after delete on public.coachs
referencing old table as old_rows
for each statement execute function private.tg_coachs__mark_delete();

-- A tenant comes with its settings, and its assumptions show in its row.
create function private.tg_coach_settings__mark_insert()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_tenant_changes (coach_id, recount)
  select
    n.coach_id,
    false
  from new_rows as n;
  return null;
end;
$$;

create trigger _500_mark_insert
after insert on public.coach_settings
referencing new table as new_rows
for each statement execute function private.tg_coach_settings__mark_insert();

create function private.tg_coach_settings__mark_update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_tenant_changes (coach_id, recount)
  select
    n.coach_id,
    false
  from new_rows as n
  union
  select
    o.coach_id,
    false
  from old_rows as o;
  return null;
end;
$$;

create trigger _500_mark_update
after update on public.coach_settings
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_coach_settings__mark_update();

create function private.tg_coach_settings__mark_delete()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_tenant_changes (coach_id, recount)
  select
    o.coach_id,
    false
  from old_rows as o;
  return null;
end;
$$;

create trigger _500_mark_delete
after delete on public.coach_settings
referencing old table as old_rows
for each statement execute function private.tg_coach_settings__mark_delete();

-- Nobody is told which rows a truncate takes: every tenant is counted anew.
create function private.tg_mark_truncate()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_tenant_changes (coach_id, recount)
  values (null, true);
  return null;
end;
$$;

create trigger _500_mark_truncate
after truncate on public.messages
for each statement execute function private.tg_mark_truncate();

create trigger _500_mark_truncate
after truncate on public.message_sequences
for each statement execute function private.tg_mark_truncate();

create trigger _500_mark_truncate
after truncate on public.leads
for each statement execute function private.tg_mark_truncate();

create trigger _500_mark_truncate
after truncate on public.coachs
for each statement execute function private.tg_mark_truncate();

create trigger _500_mark_truncate
after truncate on public.coach_settings
for each statement execute function private.tg_mark_truncate();

-- The read API, part by part. Every function of 50 to 55 is an invoker: the policies of the tables
-- decide, and another tenant's id gives an empty answer. `coach_id` defaults to the caller's own
-- tenant. Here: how many leads came so far, where they come from, what they do, why they left.

create function public.get_response_rates(coach_id uuid default null)
returns table (msg1_rate numeric, msg2_rate numeric, msg3_rate numeric, msg4_rate numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  -- The tenant's own row first: one whose leads were sent nothing yet has rates without a value,
  -- and a stranger has no row.
  select
    round(100.0 * count(*) filter (where s.msg1_replied) / nullif(count(s.msg1_sent_at), 0), 1),
    round(100.0 * count(*) filter (where s.msg2_replied) / nullif(count(s.msg2_sent_at), 0), 1),
    round(100.0 * count(*) filter (where s.msg3_replied) / nullif(count(s.msg3_sent_at), 0), 1),
    round(100.0 * count(*) filter (where s.msg4_replied) / nullif(count(s.msg4_sent_at), 0), 1)
  from public.coachs as c
  left join public.message_sequences as s on c.id = s.coach_id
  where c.id = coalesce(get_response_rates.coach_id, (select public.current_coach_id()))
  group by c.id;
end;

comment on function public.get_response_rates(uuid) is
'Of leads sent an nth message, the share that answered before the next; percent, null where none '
'was sent.';

create function public.get_top_sources(coach_id uuid default null, "limit" integer default 3)
returns table (source_name text, lead_count bigint, percentage numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    s.source_name,
    s.lead_count,
    s.percentage
  from
    private.lead_sources(
      array[coalesce(get_top_sources.coach_id, (select public.current_coach_id()))]
    ) as s
  order by s.position
  limit greatest(get_top_sources."limit", 0);
end;

comment on function public.get_top_sources(uuid, integer) is
'Where leads come from, the commonest first; percentage over all leads.';

create function public.get_top_professions(coach_id uuid default null, "limit" integer default 5)
returns table (profession text, lead_count bigint, percentage numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    p.profession,
    p.lead_count,
    p.percentage
  from
    private.lead_professions(
      array[coalesce(get_top_professions.coach_id, (select public.current_coach_id()))]
    ) as p
  order by p.position
  limit greatest(get_top_professions."limit", 0);
end;

comment on function public.get_top_professions(uuid, integer) is
'Professions without regard to case, in their commonest spelling; percentage over known ones.';

create function public.get_loss_reasons(coach_id uuid default null)
returns table (loss_reason text, lead_count bigint, percentage numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    r.loss_reason,
    r.lead_count,
    r.percentage
  from
    private.lead_loss_reasons(
      array[coalesce(get_loss_reasons.coach_id, (select public.current_coach_id()))]
    ) as r
  order by r.position;
end;

comment on function public.get_loss_reasons(uuid) is
'Why lost leads were lost; percentage over known reasons.';

create function public.get_funnel(coach_id uuid default null)
returns table (
  "position" integer, -- noqa: RF06
  stage text,
  lead_count bigint,
  percentage numeric,
  step_percentage numeric
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    s.position,
    s.stage,
    s.lead_count,
    s.percentage,
    s.step_percentage
  from
    private.lead_stages(
      array[coalesce(get_funnel.coach_id, (select public.current_coach_id()))]
    ) as s
  order by s.position;
end;

comment on function public.get_funnel(uuid) is
'Leads that ever reached each stage; percentage of all leads, step_percentage of the stage before.';

-- Whom to write to; the work is done in 36_followups.sql.

create function public.get_leads_to_followup(
  coach_id uuid default null, as_of timestamptz default now(), "limit" integer default null
)
returns table (
  lead_id uuid,
  user_id_instagram text,
  first_name text,
  status text,
  days_since_contact integer,
  priority text,
  last_name text,
  contact_id text
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select f.*
  from private.followups(
    coalesce(get_leads_to_followup.coach_id, (select public.current_coach_id())),
    get_leads_to_followup.as_of,
    case when get_leads_to_followup."limit" < 0 then 0 else get_leads_to_followup."limit" end
  ) as f;
end;

comment on function public.get_leads_to_followup(uuid, timestamptz, integer) is
'Open leads that nobody has heard of for some days, the most urgent first, then the longest silent; '
'all of them, or the first "limit".';

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

-- KPIs over time, and beside the window before.

create function public.get_kpi_history(
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
      coalesce(get_kpi_history.to_date, (now() at time zone c.timezone)::date) as to_date
    from public.coachs as c
    where c.id = coalesce(get_kpi_history.coach_id, (select public.current_coach_id()))
  ),
  span as (
    select
      a.coach_id,
      coalesce(get_kpi_history.from_date, a.to_date - 29) as from_date,
      a.to_date
    from asked as a
  ),
  periods as (
    select
      s.coach_id,
      array_agg(greatest(p.start::date, s.from_date) order by p.start) as starts,
      array_agg(
        least((p.start + ('1 ' || get_kpi_history.grain)::interval)::date - 1, s.to_date)
        order by p.start
      ) as ends
    from span as s
    cross join
      lateral generate_series(
        date_trunc(get_kpi_history.grain, s.from_date::timestamp),
        s.to_date::timestamp,
        ('1 ' || get_kpi_history.grain)::interval
      ) as p (start)
    where private.check_window(s.from_date, s.to_date, get_kpi_history.grain)
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

comment on function public.get_kpi_history(uuid, date, date, text) is
'KPIs of each day, week, month or year of a window (default: the last 30 days), by what '
'happened in it. Weeks begin on Monday.';

create function public.get_kpi_comparison(
  coach_id uuid default null, from_date date default null, to_date date default null
)
returns table (
  code text,
  unit text,
  current numeric,
  previous numeric,
  change numeric,
  change_pct numeric
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  with asked as (
    select
      c.id as coach_id,
      coalesce(get_kpi_comparison.to_date, (now() at time zone c.timezone)::date) as to_date
    from public.coachs as c
    where c.id = coalesce(get_kpi_comparison.coach_id, (select public.current_coach_id()))
  ),
  span as (
    select
      a.coach_id,
      coalesce(get_kpi_comparison.from_date, a.to_date - 29) as from_date,
      a.to_date
    from asked as a
  ),
  figures as (
    select
      w.number,
      to_jsonb(w) as figures
    from span as s
    cross join
      lateral private.kpi_windows(
        s.coach_id,
        array[s.from_date, s.from_date - (s.to_date - s.from_date + 1)],
        array[s.to_date, s.from_date - 1]
      ) as w
    where private.check_window(s.from_date, s.to_date, 'day')
  )
  select
    k.code,
    k.unit,
    v.current,
    v.previous,
    v.current - v.previous,
    round(100.0 * (v.current - v.previous) / nullif(abs(v.previous), 0), 1)
  from figures as f1
  inner join figures as f2 on f1.number = 1 and f2.number = 2
  cross join public.kpi_catalog as k
  cross join
    lateral (
      values ((f1.figures ->> k.code)::numeric, (f2.figures ->> k.code)::numeric)
    ) as v (current, previous)
  where
    k.code in (
      'total_messages_sent',
      'total_messages_received',
      'total_leads',
      'avg_messages_per_lead',
      'avg_discussion_minutes',
      'msg1_rate',
      'msg2_rate',
      'msg3_rate',
      'msg4_rate',
      'contacted_leads',
      'qualified_leads',
      'calls_proposed',
      'calls_booked',
      'qualification_rate',
      'call_booking_rate',
      'lead_magnets_sent',
      'emails_captured',
      'no_show_rate',
      'male_count',
      'female_count',
      'other_count',
      'male_pct',
      'female_pct',
      'other_pct',
      'avg_age',
      'leads_won',
      'leads_lost',
      'win_rate',
      'total_revenue',
      'deals_count',
      'avg_deal_value',
      'avg_time_to_action_minutes'
    )
  order by k.position;
end;

comment on function public.get_kpi_comparison(uuid, date, date) is
'KPIs of a window of days (default: the last 30) beside those of the window of equal length '
'before it.';

-- Everything that a dashboard shows, in one call.

-- Definer after a check, and plpgsql, for the reasons given in 36_followups.sql. One call is one
-- statement of its caller's, so that all its parts are of one snapshot.
create function private.dashboard(coach_id uuid, as_of timestamptz, live boolean)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_coach_id uuid;
  v_coach public.coachs;
  v_board private.kpi_boards;
  v_today date;
  v_last_updated timestamptz;
  v_leads_today bigint;
  v_leads_week bigint;
begin
  if dashboard.coach_id is null then
    v_coach_id := private.my_coach_id();
  elsif private.reads_tenant(dashboard.coach_id) then
    v_coach_id := dashboard.coach_id;
  end if;
  perform private.check_moment(dashboard.as_of);
  select c.* into v_coach from public.coachs as c where c.id = v_coach_id;
  if not found then
    return null;
  end if;
  v_today := (dashboard.as_of at time zone v_coach.timezone)::date;

  if dashboard.live then
    select
      k.coach_id,
      dashboard.as_of,
      private.kpi_cards(to_jsonb(k), k.estimated_kpis),
      l.funnel,
      l.top_sources,
      l.top_professions,
      l.loss_reasons,
      s.followup_after_days,
      s.relance_high_after_days,
      n.high,
      n.medium,
      n.low,
      dashboard.as_of
    into v_board
    from public.coach_dashboard_kpis_live as k
    inner join public.coach_settings as s on k.coach_id = s.coach_id
    cross join lateral private.lead_boards(array[k.coach_id]) as l
    cross join
      lateral private.count_followups(
        k.coach_id, '-infinity', dashboard.as_of, s.followup_after_days, s.relance_high_after_days
      ) as n
    where k.coach_id = v_coach.id;
    v_last_updated := now();
    select
      count(*) filter (where (l.created_at at time zone v_coach.timezone)::date = v_today),
      count(*)
    into v_leads_today, v_leads_week
    from public.leads as l
    where
      l.coach_id = v_coach.id
      -- Two days more than a week of any time zone, by the index; then the days of this one.
      and l.created_at >= v_today::timestamp at time zone 'UTC' - interval '8 days'
      and l.created_at < v_today::timestamp at time zone 'UTC' + interval '3 days'
      and (l.created_at at time zone v_coach.timezone)::date between v_today - 6 and v_today;
  else
    select b.* into v_board from private.kpi_boards as b where b.coach_id = v_coach.id;
    if not found then
      return null; -- no refresh has seen this tenant yet
    end if;
    v_last_updated := (select max(r.finished_at) from private.kpi_refreshes as r);
    select
      coalesce(sum(d.leads) filter (where d.date = v_today), 0),
      coalesce(sum(d.leads), 0)
    into v_leads_today, v_leads_week
    from public.kpi_daily as d
    where d.coach_id = v_coach.id and d.date between v_today - 6 and v_today;
    if dashboard.as_of < v_board.computed_at or dashboard.as_of >= v_board.next_followup_at then
      -- Time alone has made leads due since the board was kept, or one looks back.
      select
        v_board.followups_high + n.high,
        v_board.followups_medium + n.medium,
        v_board.followups_low + n.low
      into v_board.followups_high, v_board.followups_medium, v_board.followups_low
      from private.count_followups(
        v_coach.id,
        v_board.computed_at,
        dashboard.as_of,
        v_board.followup_after_days,
        v_board.relance_high_after_days
      ) as n;
    end if;
  end if;

  return jsonb_build_object(
    'coach', jsonb_build_object(
      'id', v_coach.id,
      'name', v_coach.name,
      'specialty', v_coach.specialty,
      'timezone', v_coach.timezone,
      'currency', v_coach.currency
    ),
    'as_of', dashboard.as_of,
    'today', v_today,
    'last_updated', v_last_updated,
    'kpis', jsonb_set(
      jsonb_set(v_board.kpis, '{leads_today,value}', to_jsonb(v_leads_today)),
      '{leads_week,value}',
      to_jsonb(v_leads_week)
    ),
    'funnel', v_board.funnel,
    'top_sources', v_board.top_sources,
    'top_professions', v_board.top_professions,
    'loss_reasons', v_board.loss_reasons,
    'followups', jsonb_build_object(
      'high', greatest(v_board.followups_high, 0),
      'medium', greatest(v_board.followups_medium, 0),
      'low', greatest(v_board.followups_low, 0)
    ),
    'leads_to_followup', (
      select coalesce(jsonb_agg(to_jsonb(f)), '[]')
      from private.list_followups(v_coach.id, dashboard.as_of, 50) as f
    )
  );
end;
$$;

comment on function private.dashboard(uuid, timestamptz, boolean) is
'Definer after a check: what public.get_dashboard answers.';

create function public.get_dashboard(
  coach_id uuid default null, as_of timestamptz default now(), live boolean default false
)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select private.dashboard(get_dashboard.coach_id, get_dashboard.as_of, get_dashboard.live);
end;

comment on function public.get_dashboard(uuid, timestamptz, boolean) is
'Everything that a dashboard shows, in one call: each KPI as {value, unit, is_estimate, badge},'
' funnel, tops, loss reasons, follow-ups (the first 50), all as of the last refresh. live computes '
'now instead.';

-- What the platform asks of itself: every tenant in one table.

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

-- The security of the KPI domain, whole.

revoke all on public.kpi_daily from public, anon, authenticated, service_role;
revoke all on public.kpi_catalog from public, anon, authenticated, service_role;
revoke all on public.coach_dashboard_kpis from public, anon, authenticated, service_role;
revoke all on public.coach_dashboard_kpis_live from public, anon, authenticated, service_role;
-- Every tenant's figures, without RLS: withheld from everybody, on purpose.
revoke all on private.coach_dashboard_kpis from public, anon, authenticated, service_role;
revoke all on private.kpi_boards from public, anon, authenticated, service_role;
revoke all on private.kpi_refreshes from public, anon, authenticated, service_role;
revoke all on private.kpi_days from public, anon, authenticated, service_role;
revoke all on private.kpi_totals from public, anon, authenticated, service_role;
revoke all on private.kpi_zones from public, anon, authenticated, service_role;
-- Appended to by triggers, which are definers, and emptied by a refresh.
revoke all on private.kpi_message_changes from public, anon, authenticated, service_role;
revoke all on private.kpi_sequence_changes from public, anon, authenticated, service_role;
revoke all on private.kpi_lead_changes from public, anon, authenticated, service_role;
revoke all on private.kpi_tenant_changes from public, anon, authenticated, service_role;

grant select on public.kpi_daily to authenticated, service_role;
grant select on public.kpi_catalog to authenticated, service_role;
grant select on public.coach_dashboard_kpis to authenticated, service_role;
grant select on public.coach_dashboard_kpis_live to authenticated, service_role;

create policy kpi_daily_select_member
on public.kpi_daily
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

-- The catalogue holds no tenant's data: labels and formulas, the same for everybody who signs in.
create policy kpi_catalog_select_everybody
on public.kpi_catalog
for select
to authenticated
using (section is not null);

revoke execute on all functions in schema private from public;
-- Bound to the views and functions of this domain; each is an invoker or shows nothing of a tenant.
grant execute on function private.kpi_figures(
  public.kpi_daily, bigint, bigint, public.coach_settings
) to authenticated, service_role;
grant execute on function private.kpi_windows(uuid, date[], date[])
to authenticated, service_role;
grant execute on function private.check_window(date, date, text) to authenticated, service_role;
grant execute on function private.lead_sources(uuid[]) to authenticated, service_role;
grant execute on function private.lead_professions(uuid[]) to authenticated, service_role;
grant execute on function private.lead_loss_reasons(uuid[]) to authenticated, service_role;
grant execute on function private.lead_stages(uuid[]) to authenticated, service_role;
-- Definers that ask first whether the caller may read the tenant.
grant execute on function private.followups(uuid, timestamptz, bigint)
to authenticated, service_role;
grant execute on function private.dashboard(uuid, timestamptz, boolean)
to authenticated, service_role;

revoke all on function public.get_response_rates(uuid) from public,
anon,
authenticated,
service_role;
revoke all on function public.get_top_sources(uuid, integer)
from public, anon, authenticated, service_role;
revoke all on function public.get_top_professions(uuid, integer)
from public, anon, authenticated, service_role;
revoke all on function public.get_loss_reasons(uuid) from public, anon, authenticated, service_role;
revoke all on function public.get_leads_to_followup(uuid, timestamptz, integer)
from public, anon, authenticated, service_role;
revoke all on function public.get_funnel(uuid) from public, anon, authenticated, service_role;
revoke all on function public.get_kpi_history(uuid, date, date, text)
from public, anon, authenticated, service_role;
revoke all on function public.get_kpi_comparison(uuid, date, date)
from public, anon, authenticated, service_role;
revoke all on function public.get_dashboard(uuid, timestamptz, boolean)
from public, anon, authenticated, service_role;
revoke all on function public.admin_overview() from public, anon, authenticated, service_role;

grant execute on function public.get_response_rates(uuid) to authenticated, service_role;
grant execute on function public.get_top_sources(uuid, integer) to authenticated, service_role;
grant execute on function public.get_top_professions(uuid, integer) to authenticated, service_role;
grant execute on function public.get_loss_reasons(uuid) to authenticated, service_role;
grant execute on function public.get_leads_to_followup(uuid, timestamptz, integer)
to authenticated, service_role;
grant execute on function public.get_funnel(uuid) to authenticated, service_role;
grant execute on function public.get_kpi_history(uuid, date, date, text)
to authenticated, service_role;
grant execute on function public.get_kpi_comparison(uuid, date, date)
to authenticated, service_role;
grant execute on function public.get_dashboard(uuid, timestamptz, boolean)
to authenticated, service_role;
grant execute on function public.admin_overview() to authenticated, service_role;

-- The rows of the KPI catalogue. Data, but part of the contract: what each code means.

insert into public.kpi_catalog (
  section, position, code, label_fr, label_en, unit, formula, badge_excellent_from,
  badge_good_from, estimate_basis
)
values
(
  'activity', 1, 'total_messages_sent', 'Messages envoyés', 'Messages sent', 'count',
  'messages with direction out',
  null, null, null
),
(
  'activity', 2, 'total_messages_received', 'Messages reçus', 'Messages received', 'count',
  'messages with direction in',
  null, null, null
),
(
  'activity', 3, 'total_leads', 'Leads', 'Leads', 'count',
  'leads',
  null, null, null
),
(
  'activity', 4, 'leads_today', 'Leads aujourd''hui', 'Leads today', 'count',
  'leads created on the present day',
  null, null, null
),
(
  'activity', 5, 'leads_week', 'Leads sur 7 jours', 'Leads in 7 days', 'count',
  'leads created on the present day or the 6 before',
  null, null, null
),
(
  'activity', 6, 'avg_messages_per_lead', 'Messages par lead', 'Messages per lead', 'ratio',
  '(sent + received) / leads',
  null, null, null
),
(
  'activity', 7, 'avg_discussion_minutes', 'Durée de discussion', 'Discussion time', 'minutes',
  'mean, over leads with messages both ways, of last − first message',
  null, null, null
),
(
  'response', 8, 'msg1_rate', 'Réponse au 1er message', 'Replies to message 1', 'percent',
  'of leads sent a 1st message, those that wrote at or after it and before the 2nd',
  60, 40, null
),
(
  'response', 9, 'msg2_rate', 'Réponse au 2e message', 'Replies to message 2', 'percent',
  'of leads sent a 2nd message, those that wrote at or after it and before the 3rd',
  60, 40, null
),
(
  'response', 10, 'msg3_rate', 'Réponse au 3e message', 'Replies to message 3', 'percent',
  'of leads sent a 3rd message, those that wrote at or after it and before the 4th',
  60, 40, null
),
(
  'response', 11, 'msg4_rate', 'Réponse au 4e message', 'Replies to message 4', 'percent',
  'of leads sent a 4th message, those that wrote at or after it and before the 5th',
  60, 40, null
),
(
  'conversion', 12, 'contacted_leads', 'Leads contactés', 'Contacted leads', 'count',
  'leads with a message out',
  null, null, null
),
(
  'conversion', 13, 'qualified_leads', 'Leads qualifiés', 'Qualified leads', 'count',
  'leads that ever reached qualified',
  null, null, null
),
(
  'conversion', 14, 'calls_proposed', 'Appels proposés', 'Calls proposed', 'count',
  'leads that ever reached call_proposed',
  null, null, null
),
(
  'conversion', 15, 'calls_booked', 'Appels réservés', 'Calls booked', 'count',
  'leads that ever reached call_booked',
  null, null, null
),
(
  'conversion', 16, 'qualification_rate', 'Taux de qualification', 'Qualification rate', 'percent',
  'qualified / leads',
  null, null, null
),
(
  'conversion', 17, 'call_booking_rate', 'Taux de réservation', 'Call booking rate', 'percent',
  'booked / proposed',
  null, null, null
),
(
  'conversion', 18, 'lead_magnets_sent', 'Lead magnets envoyés', 'Lead magnets sent', 'count',
  'leads that were sent one',
  null, null, '75 % of qualified leads (setting lead_magnet_estimate_pct)'
),
(
  'conversion', 19, 'emails_captured', 'Emails capturés', 'Emails captured', 'count',
  'leads with an email',
  null, null, '60 % of qualified leads (setting email_estimate_pct)'
),
(
  'conversion', 20, 'no_show_rate', 'Taux de no-show', 'No-show rate', 'percent',
  'no-shows / (no-shows or attended)',
  null, null, '17 % (setting no_show_estimate_pct)'
),
(
  'demography', 21, 'male_count', 'Hommes', 'Men', 'count',
  'leads with gender male',
  null, null, null
),
(
  'demography', 22, 'female_count', 'Femmes', 'Women', 'count',
  'leads with gender female',
  null, null, null
),
(
  'demography', 23, 'other_count', 'Autres', 'Other', 'count',
  'leads with gender other',
  null, null, null
),
(
  'demography', 24, 'male_pct', 'Part d''hommes', 'Share of men', 'percent',
  'men / leads of known gender',
  null, null, null
),
(
  'demography', 25, 'female_pct', 'Part de femmes', 'Share of women', 'percent',
  'women / leads of known gender',
  null, null, null
),
(
  'demography', 26, 'other_pct', 'Part d''autres', 'Share of other', 'percent',
  'other / leads of known gender',
  null, null, null
),
(
  'demography', 27, 'avg_age', 'Âge moyen', 'Average age', 'years',
  'mean age of leads of known age',
  null, null, null
),
(
  'pipeline', 28, 'new_leads', 'Nouveaux', 'New', 'count',
  'leads whose status is new',
  null, null, null
),
(
  'pipeline', 29, 'engaged_leads', 'Engagés', 'Engaged', 'count',
  'leads whose status is engaged',
  null, null, null
),
(
  'pipeline', 30, 'leads_won', 'Gagnés', 'Won', 'count',
  'leads whose status is won',
  null, null, null
),
(
  'pipeline', 31, 'leads_lost', 'Perdus', 'Lost', 'count',
  'leads whose status is lost',
  null, null, null
),
(
  'pipeline', 32, 'leads_relance', 'À relancer', 'To follow up again', 'count',
  'leads whose status is relance',
  null, null, null
),
(
  'pipeline', 33, 'lost_rate', 'Taux de perte', 'Lost rate', 'percent',
  'lost / leads',
  null, null, null
),
(
  'pipeline', 34, 'relance_rate', 'Taux de relance', 'Relance rate', 'percent',
  'relance / leads',
  null, null, null
),
(
  'pipeline', 35, 'win_rate', 'Taux de gain', 'Win rate', 'percent',
  'won / (won + lost)',
  null, null, null
),
(
  'performance', 36, 'total_revenue', 'Revenus', 'Revenue', 'currency',
  'sum of deal_value of won leads',
  null, null, null
),
(
  'performance', 37, 'deals_count', 'Ventes', 'Deals', 'count',
  'won leads with a deal_value',
  null, null, null
),
(
  'performance', 38, 'avg_deal_value', 'Panier moyen', 'Average deal', 'currency',
  'revenue / deals',
  null, null, null
),
(
  'performance', 39, 'acquisition_cost', 'Coût d''acquisition', 'Acquisition cost', 'currency',
  'cost per lead × leads; null without a cost per lead',
  null, null, 'the cost per lead that the tenant states (setting acquisition_cost_per_lead)'
),
(
  'performance', 40, 'roi_pct', 'ROI', 'ROI', 'percent',
  '(revenue − cost) / cost; null without a cost',
  null, null, 'the cost per lead that the tenant states (setting acquisition_cost_per_lead)'
),
(
  'performance', 41, 'ai_efficiency', 'Efficacité de l''IA', 'AI efficiency', 'percent',
  'an assumption',
  null, null, '94 % (setting ai_efficiency_pct)'
),
(
  'performance',
  42,
  'hours_saved_monthly',
  'Heures gagnées par mois',
  'Hours saved a month',
  'hours',
  'an assumption',
  null, null, '47 h (setting hours_saved_monthly)'
),
(
  'performance',
  43,
  'avg_time_to_action_minutes',
  'Délai avant réservation',
  'Time to booking',
  'minutes',
  'mean minutes from first contact to booked call',
  null, null, null
),
(
  'performance',
  44,
  'best_conversion_weekday',
  'Meilleur jour de vente',
  'Best day to win',
  'weekday',
  'local weekday (ISO 1-7) of the weekday and hour with most won_at; ties to the earliest',
  null, null, null
),
(
  'performance', 45, 'best_conversion_hour', 'Meilleure heure de vente', 'Best hour to win', 'hour',
  'local hour of the weekday and hour with most won_at; ties to the earliest',
  null, null, null
);

insert into private.job_catalog (name, schedule, command)
values ('setterbase_refresh_kpis', '*/5 * * * *', 'select private.refresh_kpis()');

-- With pg_cron the job starts now; elsewhere this does nothing.
select private.register_jobs();
