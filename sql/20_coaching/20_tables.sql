-- Leads, their conversations, and the settings of a tenant. Column names are a contract with
-- existing clients and n8n flows: columns may be added, never renamed.

-- What a tenant may tune: follow-up thresholds, and the assumptions that stand in for figures that
-- nobody has measured yet. Estimates are percentages of qualified leads unless said otherwise.
create table public.coach_settings (
  coach_id uuid not null,
  followup_after_days integer not null default 2,
  relance_high_after_days integer not null default 7,
  lead_magnet_estimate_pct numeric not null default 75,
  email_estimate_pct numeric not null default 60,
  no_show_estimate_pct numeric not null default 17,
  ai_efficiency_pct numeric not null default 94,
  hours_saved_monthly numeric not null default 47,
  acquisition_cost_per_lead numeric,
  updated_at timestamptz not null default now(),
  constraint coach_settings_pkey primary key (coach_id),
  constraint coach_settings_coach_id_fkey foreign key (coach_id)
  references public.coachs (id) on delete cascade,
  constraint coach_settings_followup_after_days_check
  check (followup_after_days between 0 and 365),
  constraint coach_settings_relance_high_after_days_check
  check (relance_high_after_days between 0 and 365),
  constraint coach_settings_lead_magnet_estimate_pct_check
  check (lead_magnet_estimate_pct between 0 and 100),
  constraint coach_settings_email_estimate_pct_check
  check (email_estimate_pct between 0 and 100),
  constraint coach_settings_no_show_estimate_pct_check
  check (no_show_estimate_pct between 0 and 100),
  constraint coach_settings_ai_efficiency_pct_check
  check (ai_efficiency_pct between 0 and 100),
  constraint coach_settings_hours_saved_monthly_check
  check (hours_saved_monthly between 0 and 744),
  constraint coach_settings_acquisition_cost_per_lead_check
  check (acquisition_cost_per_lead >= 0 and acquisition_cost_per_lead < 1e9)
);
alter table public.coach_settings enable row level security;

comment on table public.coach_settings is
'One row per tenant, made with it: thresholds and assumptions.';
comment on column public.coach_settings.acquisition_cost_per_lead is
'In the tenant''s currency. Null: no cost and no ROI are shown.';

create table public.leads (
  id uuid not null default gen_random_uuid(),
  coach_id uuid not null,
  contact_id text,
  user_id_instagram text,
  first_name text,
  last_name text,
  email text,
  age integer,
  gender text,
  job_title text,
  lead_status text,
  status text not null default 'new',
  source text,
  loss_reason text,
  deal_value numeric,
  total_messages_sent integer not null default 0,
  total_messages_received integer not null default 0,
  time_to_action_minutes integer,
  engaged_at timestamptz,
  qualified_at timestamptz,
  call_proposed_at timestamptz,
  call_booked_at timestamptz,
  call_attended_at timestamptz,
  call_no_show_at timestamptz,
  won_at timestamptz,
  lost_at timestamptz,
  lead_magnet_sent_at timestamptz,
  last_message_at timestamptz,
  status_changed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  first_message_at timestamptz,
  loss_reason_detail text,
  silent_on date generated always as (
    (coalesce(last_message_at, created_at) at time zone 'UTC')::date
  ) stored,
  constraint leads_pkey primary key (id),
  constraint leads_coach_id_id_key unique (coach_id, id),
  constraint leads_coach_id_contact_id_key unique (coach_id, contact_id),
  constraint leads_coach_id_user_id_instagram_key unique (coach_id, user_id_instagram),
  constraint leads_coach_id_fkey foreign key (coach_id)
  references public.coachs (id) on delete cascade,
  constraint leads_age_check check (age between 0 and 130),
  constraint leads_gender_check check (gender in ('male', 'female', 'other')),
  constraint leads_status_check check (
    status in (
      'new', 'engaged', 'qualified', 'call_proposed', 'call_booked', 'won', 'lost', 'relance'
    )
  ),
  constraint leads_loss_reason_check
  check (loss_reason in ('price', 'time', 'already_tried', 'hesitation', 'other')),
  -- The upper bound also keeps NaN and infinity out, which are greater than any number.
  constraint leads_deal_value_check check (deal_value >= 0 and deal_value < 1e12),
  -- No KPI can place «infinity» on a day.
  constraint leads_created_at_check check (isfinite(created_at)),
  constraint leads_milestones_check check (
    isfinite(
      greatest(
        engaged_at, qualified_at, call_proposed_at, call_booked_at, call_attended_at,
        call_no_show_at, won_at, lost_at, lead_magnet_sent_at, status_changed_at
      )
    )
    and isfinite(
      least(
        engaged_at, qualified_at, call_proposed_at, call_booked_at, call_attended_at,
        call_no_show_at, won_at, lost_at, lead_magnet_sent_at, status_changed_at
      )
    )
  )
)
-- Each message updates its lead. With room on the page that touches no index.
with (fillfactor = 80);
alter table public.leads enable row level security;

create index leads_coach_id_created_at_idx on public.leads (coach_id, created_at);
create index leads_coach_id_status_idx on public.leads (coach_id, status);
-- Open leads, the longest silent first: the follow-up list stops after its first rows, and their
-- number is counted without a look at the leads. It holds a day and not the moment, so that the
-- second message of a day rewrites no index (a HOT update): measured, an index on last_message_at
-- itself would make every message write to each index of its lead.
create index leads_coach_id_status_silent_on_id_idx
on public.leads (coach_id, status, silent_on, id)
where status in ('new', 'engaged', 'qualified', 'call_proposed', 'relance');

comment on table public.leads is 'Prospects of a tenant and how far each has come.';
comment on column public.leads.contact_id is
'ManyChat''s id of the contact; events find their lead by it.';
comment on column public.leads.lead_status is 'Free text of older flows: kept, never read by KPIs.';
comment on column public.leads.status is
'Where the lead is now; the *_at milestones say how far it ever came.';
comment on column public.leads.status_changed_at is
'Time of the last explicit status; the automatic «engaged» does not set it.';
comment on column public.leads.total_messages_sent is
'Kept by triggers on messages; a write to it is ignored.';
comment on column public.leads.total_messages_received is
'Kept by triggers on messages; a write to it is ignored.';
comment on column public.leads.first_message_at is
'Kept by triggers on messages; a write to it is ignored.';
comment on column public.leads.last_message_at is
'Kept by triggers on messages; a write to it is ignored.';
comment on column public.leads.time_to_action_minutes is
'Whole minutes from created_at to call_booked_at, when a call was booked.';
comment on column public.leads.deal_value is
'In the tenant''s currency; counts as revenue while the status is won.';
comment on column public.leads.silent_on is
'Day (UTC) of the last message, or of creation: what follow-ups are found by.';
comment on column public.leads.loss_reason_detail is 'The words behind a loss_reason of «other».';

create table public.messages (
  id uuid not null default gen_random_uuid(),
  coach_id uuid not null,
  lead_id uuid not null,
  text text,
  direction text not null,
  message_number integer,
  is_replied boolean not null default false,
  replied_at timestamptz,
  external_id text,
  created_at timestamptz not null default now(),
  constraint messages_pkey primary key (id),
  constraint messages_coach_id_lead_id_fkey foreign key (coach_id, lead_id)
  references public.leads (coach_id, id) on delete cascade,
  constraint messages_direction_check check (direction in ('in', 'out')),
  constraint messages_created_at_check check (isfinite(created_at))
)
-- A reply updates the message that it answers.
with (fillfactor = 95);
alter table public.messages enable row level security;

-- Serves the foreign key, the thread of a lead in order, and the numbering.
create index messages_lead_id_coach_id_created_at_idx
on public.messages (lead_id, coach_id, created_at);
create index messages_coach_id_created_at_idx on public.messages (coach_id, created_at);

comment on table public.messages is 'Every message of every conversation.';
comment on column public.messages.direction is
'out: the coach or their setter wrote; in: the lead did.';
comment on column public.messages.message_number is
'Position among the lead''s messages of this direction by created_at; kept by triggers.';
comment on column public.messages.is_replied is
'Of an outbound one: the lead wrote before the next outbound; kept by triggers.';

-- The first four outbound messages of a lead and whether each was answered: the response rates.
create table public.message_sequences (
  id uuid not null default gen_random_uuid(),
  coach_id uuid not null,
  lead_id uuid not null,
  msg1_sent_at timestamptz,
  msg1_replied boolean not null default false,
  msg1_replied_at timestamptz,
  msg2_sent_at timestamptz,
  msg2_replied boolean not null default false,
  msg2_replied_at timestamptz,
  msg3_sent_at timestamptz,
  msg3_replied boolean not null default false,
  msg3_replied_at timestamptz,
  msg4_sent_at timestamptz,
  msg4_replied boolean not null default false,
  msg4_replied_at timestamptz,
  call_proposed_at timestamptz,
  call_booked_at timestamptz,
  created_at timestamptz not null default now(),
  constraint message_sequences_pkey primary key (id),
  constraint message_sequences_lead_id_key unique (lead_id),
  constraint message_sequences_coach_id_lead_id_fkey foreign key (coach_id, lead_id)
  references public.leads (coach_id, id) on delete cascade
)
with (fillfactor = 80);
alter table public.message_sequences enable row level security;

create index message_sequences_coach_id_lead_id_idx
on public.message_sequences (coach_id, lead_id);

comment on table public.message_sequences is
'Kept by triggers: the first four outbound messages of each lead that got one.';

create table public.lead_notes (
  id uuid not null default gen_random_uuid(),
  coach_id uuid not null,
  lead_id uuid not null,
  body text not null,
  author_id uuid,
  created_at timestamptz not null default now(),
  constraint lead_notes_pkey primary key (id),
  constraint lead_notes_coach_id_lead_id_fkey foreign key (coach_id, lead_id)
  references public.leads (coach_id, id) on delete cascade,
  constraint lead_notes_author_id_fkey foreign key (author_id)
  references auth.users (id) on delete set null,
  constraint lead_notes_body_check check (body <> '' and length(body) <= 10000)
);
alter table public.lead_notes enable row level security;

create index lead_notes_coach_id_lead_id_idx on public.lead_notes (coach_id, lead_id);
create index lead_notes_author_id_idx on public.lead_notes (author_id);

comment on table public.lead_notes is 'What people of the tenant wrote about a lead.';

create table public.lead_tags (
  coach_id uuid not null,
  lead_id uuid not null,
  tag text not null,
  created_at timestamptz not null default now(),
  constraint lead_tags_pkey primary key (coach_id, lead_id, tag),
  constraint lead_tags_coach_id_lead_id_fkey foreign key (coach_id, lead_id)
  references public.leads (coach_id, id) on delete cascade,
  constraint lead_tags_tag_check check (tag = btrim(tag) and tag <> '' and length(tag) <= 60)
);
alter table public.lead_tags enable row level security;

comment on table public.lead_tags is 'Labels of a tenant on its leads.';

create table public.lead_status_history (
  id bigint not null generated always as identity,
  coach_id uuid not null,
  lead_id uuid not null,
  from_status text not null,
  to_status text not null,
  changed_at timestamptz not null,
  changed_by uuid,
  recorded_at timestamptz not null default now(),
  constraint lead_status_history_pkey primary key (id),
  constraint lead_status_history_coach_id_lead_id_fkey foreign key (coach_id, lead_id)
  references public.leads (coach_id, id) on delete cascade,
  constraint lead_status_history_changed_by_fkey foreign key (changed_by)
  references auth.users (id) on delete set null
);
alter table public.lead_status_history enable row level security;

create index lead_status_history_coach_id_lead_id_idx
on public.lead_status_history (coach_id, lead_id);
create index lead_status_history_changed_by_idx on public.lead_status_history (changed_by);

comment on table public.lead_status_history is
'Each change of leads.status in the order in which it was applied.';
comment on column public.lead_status_history.changed_at is 'When it happened, as the event said.';
comment on column public.lead_status_history.changed_by is
'The user who did it; null when a flow did.';
comment on column public.lead_status_history.recorded_at is 'When the database learned of it.';
