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
);
alter table public.kpi_daily enable row level security;

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

-- Each refresh that did something; the newest one says how fresh the dashboards are.
create table private.kpi_refreshes (
  id bigint not null generated always as identity,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  days integer not null,
  constraint kpi_refreshes_pkey primary key (id)
);
alter table private.kpi_refreshes enable row level security;

create index kpi_refreshes_finished_at_idx on private.kpi_refreshes (finished_at);

comment on table private.kpi_refreshes is
'When refresh_kpis ran and how many (tenant, day) rows it wrote; kept for 30 days.';
