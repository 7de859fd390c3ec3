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
  received integer not null,
  discussion_seconds numeric not null default 0
)
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
alter table private.kpi_message_changes enable row level security;

comment on table private.kpi_message_changes is
'Messages since the last refresh, by time; minus what was moved or deleted.';
comment on column private.kpi_message_changes.discussion_seconds is
'By how much a conversation grew that began at that time, in a row without messages.';

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
'Leads since the last refresh: 1 for one that is now so, -1 for one that was.';
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
