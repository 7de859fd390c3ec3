-- Purpose: Leads, messages, sequences, notes, tags, history, settings; the triggers that keep them.
-- Locks or destroys: nothing that exists.

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
-- The tops of a tenant are counted from these alone.
create index leads_coach_id_source_idx on public.leads (coach_id, source);
create index leads_coach_id_job_title_idx on public.leads (coach_id, job_title);

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

-- How a conversation is counted, numbered and answered, and how far a lead has come.

-- Brings everything that follows from messages up to date for these leads: numbering and replies on
-- the messages themselves, the sequence, the counters of the lead. It computes from the messages,
-- so the order in which they arrived, moved or vanished does not matter.
create function private.sync_conversations(lead_ids uuid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Two writers of one lead take turns from here on; ordered, so that they cannot deadlock. The
  -- statements below then see what the other has committed.
  perform from public.leads as l
  where l.id = any (sync_conversations.lead_ids)
  order by l.id
  for no key update;

  -- An outbound message is answered by the first inbound one at or after it and before the next
  -- outbound. `outs` counts the outbound ones up to and including the same instant, so it names,
  -- for an inbound message, the outbound one that it answers.
  with thread as (
    select
      m.id,
      m.lead_id,
      m.direction,
      m.created_at,
      row_number() over (
        partition by m.lead_id, m.direction order by m.created_at, m.id
      ) as number,
      count(*) filter (where m.direction = 'out') over (
        partition by m.lead_id order by m.created_at
      ) as outs
    from public.messages as m
    where m.lead_id = any (sync_conversations.lead_ids)
  ),
  answers as (
    select
      t.lead_id,
      t.outs as number,
      min(t.created_at) as replied_at
    from thread as t
    where t.direction = 'in' and t.outs > 0
    group by t.lead_id, t.outs
  )
  update public.messages as m
  set
    message_number = t.number,
    is_replied = a.replied_at is not null,
    replied_at = a.replied_at
  from thread as t
  left join answers as a
    on t.direction = 'out' and t.lead_id = a.lead_id and t.number = a.number
  where
    m.id = t.id
    and (m.message_number, m.is_replied, m.replied_at)
    is distinct from (t.number::integer, a.replied_at is not null, a.replied_at);

  delete from public.message_sequences as s
  where
    s.lead_id = any (sync_conversations.lead_ids)
    and not exists (
      select from public.messages as m
      where m.lead_id = s.lead_id and m.coach_id = s.coach_id and m.direction = 'out'
    );

  insert into public.message_sequences as s (
    coach_id, lead_id,
    msg1_sent_at, msg1_replied, msg1_replied_at,
    msg2_sent_at, msg2_replied, msg2_replied_at,
    msg3_sent_at, msg3_replied, msg3_replied_at,
    msg4_sent_at, msg4_replied, msg4_replied_at,
    call_proposed_at, call_booked_at, created_at
  )
  select
    l.coach_id,
    l.id,
    min(m.created_at) filter (where m.message_number = 1),
    coalesce(bool_or(m.is_replied) filter (where m.message_number = 1), false),
    min(m.replied_at) filter (where m.message_number = 1),
    min(m.created_at) filter (where m.message_number = 2),
    coalesce(bool_or(m.is_replied) filter (where m.message_number = 2), false),
    min(m.replied_at) filter (where m.message_number = 2),
    min(m.created_at) filter (where m.message_number = 3),
    coalesce(bool_or(m.is_replied) filter (where m.message_number = 3), false),
    min(m.replied_at) filter (where m.message_number = 3),
    min(m.created_at) filter (where m.message_number = 4),
    coalesce(bool_or(m.is_replied) filter (where m.message_number = 4), false),
    min(m.replied_at) filter (where m.message_number = 4),
    l.call_proposed_at,
    l.call_booked_at,
    min(m.created_at)
  from public.leads as l
  inner join public.messages as m on l.id = m.lead_id and l.coach_id = m.coach_id
  where
    l.id = any (sync_conversations.lead_ids)
    -- Implied by the join, and said: a plan that was made when the tables were empty reads all
    -- messages otherwise.
    and m.lead_id = any (sync_conversations.lead_ids)
    and m.direction = 'out'
    and m.message_number <= 4
  group by l.id
  on conflict (lead_id) do update
    set
      msg1_sent_at = excluded.msg1_sent_at,
      msg1_replied = excluded.msg1_replied,
      msg1_replied_at = excluded.msg1_replied_at,
      msg2_sent_at = excluded.msg2_sent_at,
      msg2_replied = excluded.msg2_replied,
      msg2_replied_at = excluded.msg2_replied_at,
      msg3_sent_at = excluded.msg3_sent_at,
      msg3_replied = excluded.msg3_replied,
      msg3_replied_at = excluded.msg3_replied_at,
      msg4_sent_at = excluded.msg4_sent_at,
      msg4_replied = excluded.msg4_replied,
      msg4_replied_at = excluded.msg4_replied_at,
      created_at = excluded.created_at
    where
      (
        s.msg1_sent_at, s.msg1_replied_at, s.msg2_sent_at, s.msg2_replied_at,
        s.msg3_sent_at, s.msg3_replied_at, s.msg4_sent_at, s.msg4_replied_at
      ) is distinct from (
        excluded.msg1_sent_at, excluded.msg1_replied_at,
        excluded.msg2_sent_at, excluded.msg2_replied_at,
        excluded.msg3_sent_at, excluded.msg3_replied_at,
        excluded.msg4_sent_at, excluded.msg4_replied_at
      );

  update public.leads as l
  set
    total_messages_sent = coalesce(c.sent, 0),
    total_messages_received = coalesce(c.received, 0),
    first_message_at = c.first_at,
    last_message_at = c.last_at,
    engaged_at = least(l.engaged_at, c.first_in_at)
  from public.leads as known
  left join lateral (
    select
      count(*) filter (where m.direction = 'out') as sent,
      count(*) filter (where m.direction = 'in') as received,
      min(m.created_at) as first_at,
      max(m.created_at) as last_at,
      min(m.created_at) filter (where m.direction = 'in') as first_in_at
    from public.messages as m
    where m.lead_id = known.id and m.coach_id = known.coach_id
  ) as c on true
  where
    known.id = any (sync_conversations.lead_ids)
    and l.id = known.id
    and (
      l.total_messages_sent, l.total_messages_received, l.first_message_at, l.last_message_at,
      l.engaged_at
    ) is distinct from (
      coalesce(c.sent, 0), coalesce(c.received, 0), c.first_at, c.last_at,
      least(l.engaged_at, c.first_in_at)
    );
end;
$$;

comment on function private.sync_conversations(uuid[]) is
'Recomputes numbering, replies, sequence and counters of these leads from their messages.';

-- The order of stages; a tie in time between two explicit statuses goes to the later stage, so that
-- the outcome does not depend on which of the two arrived first.
create function private.stage_rank(status text)
returns integer
language sql
immutable
set search_path = pg_catalog, pg_temp
return array_position(
  array['new', 'engaged', 'relance', 'qualified', 'call_proposed', 'call_booked', 'lost', 'won'],
  stage_rank.status
);

comment on function private.stage_rank(text) is 'Position of a status, for ties in time.';

-- A stage fills the stages before it, and each keeps its earliest time: closing the row under
-- `least` says both at once, whatever the order in which the milestones became known.
create function private.close_milestones(lead public.leads)
returns public.leads
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  lead.call_proposed_at := least(lead.call_proposed_at, lead.call_booked_at);
  lead.qualified_at := least(lead.qualified_at, lead.call_proposed_at, lead.won_at);
  lead.engaged_at := least(lead.engaged_at, lead.qualified_at);
  if lead.call_booked_at is not null then
    lead.time_to_action_minutes := least(
      floor(extract(epoch from lead.call_booked_at - lead.created_at) / 60), 2147483647
    );
  end if;
  return lead;
end;
$$;

comment on function private.close_milestones(public.leads) is
'The lead with every milestone that its other milestones imply.';

-- The lead with the milestone of a status set to this time, unless an earlier one is known.
create function private.reach_stage(lead public.leads, status text, at timestamptz)
returns public.leads
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  case reach_stage.status
    when 'engaged' then lead.engaged_at := least(lead.engaged_at, reach_stage.at);
    when 'qualified' then lead.qualified_at := least(lead.qualified_at, reach_stage.at);
    when 'call_proposed' then lead.call_proposed_at := least(lead.call_proposed_at, reach_stage.at);
    when 'call_booked' then lead.call_booked_at := least(lead.call_booked_at, reach_stage.at);
    when 'won' then lead.won_at := least(lead.won_at, reach_stage.at);
    when 'lost' then lead.lost_at := least(lead.lost_at, reach_stage.at);
    else null; -- new and relance are no milestones
  end case;
  return lead;
end;
$$;

comment on function private.reach_stage(public.leads, text, timestamptz) is
'The lead with the milestone of a status reached at this time or earlier.';

-- A message that comes after all others of its lead, alone: what nearly every message is. All that
-- follows from it is known from the lead's counters and the message before it, whatever the length
-- of the conversation. Anything else goes through sync_conversations.

-- Takes up one message that has been inserted with the number that its lead's counters gave it.
-- False, and nothing done, when it was no append or another writer came first.
create function private.append_message(
  coach_id uuid, lead_id uuid, direction text, number integer, at timestamptz
)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_lead record;
  v_answered public.messages;
begin
  -- Waits for other writers of this lead, and then sees what they have made of its counters: a
  -- number that was right for the message before may be taken by now.
  update public.leads as l
  set
    total_messages_sent = l.total_messages_sent + (append_message.direction = 'out')::integer,
    total_messages_received = l.total_messages_received + (append_message.direction = 'in')::integer,
    first_message_at = coalesce(l.first_message_at, append_message.at),
    last_message_at = append_message.at,
    engaged_at = case
      when append_message.direction = 'in' then least(l.engaged_at, append_message.at)
      else l.engaged_at
    end
  where
    l.id = append_message.lead_id
    and l.coach_id = append_message.coach_id
    and (l.last_message_at < append_message.at or l.last_message_at is null)
    and append_message.number = 1 + case append_message.direction
      when 'out' then l.total_messages_sent
      else l.total_messages_received
    end
    -- Taken back by hand, it comes again from the first message in, not from this one.
    and (l.engaged_at is not null or l.total_messages_received = 0)
  returning
    l.total_messages_sent,
    l.call_proposed_at,
    l.call_booked_at
  into v_lead;
  if not found then
    return false;
  end if;

  if append_message.direction = 'out' and append_message.number = 1 then
    insert into public.message_sequences (
      coach_id, lead_id, msg1_sent_at, call_proposed_at, call_booked_at, created_at
    )
    values (
      append_message.coach_id, append_message.lead_id, append_message.at, v_lead.call_proposed_at,
      v_lead.call_booked_at, append_message.at
    );
  elsif append_message.direction = 'out' and append_message.number <= 4 then
    update public.message_sequences as s
    set
      msg2_sent_at = case append_message.number
        when 2 then append_message.at
        else s.msg2_sent_at
      end,
      msg3_sent_at = case append_message.number
        when 3 then append_message.at
        else s.msg3_sent_at
      end,
      msg4_sent_at = case append_message.number
        when 4 then append_message.at
        else s.msg4_sent_at
      end
    where s.lead_id = append_message.lead_id and s.coach_id = append_message.coach_id;
  elsif append_message.direction = 'in' and v_lead.total_messages_sent > 0 then
    -- It answers the last outbound message, unless an inbound one before it did.
    select m.* into v_answered
    from public.messages as m
    where
      m.lead_id = append_message.lead_id
      and m.coach_id = append_message.coach_id
      and m.direction = 'out'
      and m.message_number = v_lead.total_messages_sent
    order by m.created_at desc
    limit 1;
    if not v_answered.is_replied then
      update public.messages as m
      set
        is_replied = true,
        replied_at = append_message.at
      where m.id = v_answered.id;
      if v_answered.message_number <= 4 then
        update public.message_sequences as s
        set
          msg1_replied = s.msg1_replied or v_answered.message_number = 1,
          msg1_replied_at = case v_answered.message_number
            when 1 then append_message.at
            else s.msg1_replied_at
          end,
          msg2_replied = s.msg2_replied or v_answered.message_number = 2,
          msg2_replied_at = case v_answered.message_number
            when 2 then append_message.at
            else s.msg2_replied_at
          end,
          msg3_replied = s.msg3_replied or v_answered.message_number = 3,
          msg3_replied_at = case v_answered.message_number
            when 3 then append_message.at
            else s.msg3_replied_at
          end,
          msg4_replied = s.msg4_replied or v_answered.message_number = 4,
          msg4_replied_at = case v_answered.message_number
            when 4 then append_message.at
            else s.msg4_replied_at
          end
        where s.lead_id = append_message.lead_id and s.coach_id = append_message.coach_id;
      end if;
    end if;
  end if;
  return true;
end;
$$;

comment on function private.append_message(uuid, uuid, text, integer, timestamptz) is
'Does for the newest message of a lead what sync_conversations does for any; false if it is not.';

-- What follows by itself when somebody, n8n included, writes leads or messages row by row. Trigger
-- functions are security definer: the writer has no right on the tables and helpers that they use,
-- and needs none.

create trigger _100_set_updated_at
before update on public.coach_settings
for each row execute function private.tg_set_updated_at();

create function private.tg_coachs__settings()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into public.coach_settings (coach_id)
  select c.id from new_rows as c;
  return null;
end;
$$;

create trigger _100_settings
after insert on public.coachs
referencing new table as new_rows
for each statement execute function private.tg_coachs__settings();

create function private.tg_leads__normalize()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'INSERT' then
    -- A lead that does not exist yet has no messages.
    new.total_messages_sent := 0;
    new.total_messages_received := 0;
    new.first_message_at := null;
    new.last_message_at := null;
    if new.status <> 'new' then
      new.status_changed_at := coalesce(new.status_changed_at, new.created_at);
      new := private.reach_stage(new, new.status, new.status_changed_at);
    end if;
  else
    -- Counters move only from within the messages' trigger, never by hand.
    if pg_trigger_depth() = 1 then
      new.total_messages_sent := old.total_messages_sent;
      new.total_messages_received := old.total_messages_received;
      new.first_message_at := old.first_message_at;
      new.last_message_at := old.last_message_at;
    end if;
    if new.status <> old.status then
      if new.status_changed_at is null or new.status_changed_at = old.status_changed_at then
        new.status_changed_at := now();
      end if;
      new := private.reach_stage(new, new.status, new.status_changed_at);
    end if;
    new.updated_at := now();
  end if;
  -- The first inbound message engages a new lead; this is no explicit status.
  if new.status = 'new' and new.total_messages_received > 0 then
    new.status := 'engaged';
  end if;
  -- Revenue, wins and losses are counted on the day of their milestone, so it is never missing.
  if new.status = 'won' and new.won_at is null then
    new.won_at := coalesce(new.status_changed_at, now());
  elsif new.status = 'lost' and new.lost_at is null then
    new.lost_at := coalesce(new.status_changed_at, now());
  end if;
  -- What was closed stays so until one of these changes; most updates bring a message, and none.
  if tg_op = 'INSERT'
    or (
      new.created_at, new.engaged_at, new.qualified_at, new.call_proposed_at, new.call_booked_at,
      new.won_at, new.time_to_action_minutes
    ) is distinct from (
      old.created_at, old.engaged_at, old.qualified_at, old.call_proposed_at, old.call_booked_at,
      old.won_at, old.time_to_action_minutes
    ) then
    return private.close_milestones(new);
  end if;
  return new;
end;
$$;

create trigger _100_normalize
before insert or update on public.leads
for each row execute function private.tg_leads__normalize();

-- The next two are by row, and not even called for the many updates that leave their columns alone:
-- each message updates its lead.
create function private.tg_leads__history()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into public.lead_status_history (
    coach_id, lead_id, from_status, to_status, changed_at, changed_by
  )
  values (
    new.coach_id,
    new.id,
    old.status,
    new.status,
    case
      -- The automatic «engaged» is no explicit status: it happened with the first message in.
      when
        old.status = 'new'
        and new.status = 'engaged'
        and new.status_changed_at is not distinct from old.status_changed_at
        then new.engaged_at
      else new.status_changed_at
    end,
    (select u.id from auth.users as u where u.id = private.my_user_id())
  );
  return null;
end;
$$;

create trigger _200_history
after update on public.leads
for each row when (new.status <> old.status)
execute function private.tg_leads__history();

create function private.tg_leads__sequence()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update public.message_sequences as s
  set
    call_proposed_at = new.call_proposed_at,
    call_booked_at = new.call_booked_at
  where s.lead_id = new.id;
  return null;
end;
$$;

create trigger _300_sequence
after update on public.leads
for each row when (
  (new.call_proposed_at, new.call_booked_at)
  is distinct from (old.call_proposed_at, old.call_booked_at)
)
execute function private.tg_leads__sequence();

-- The number of a message that comes after all others of its lead. What the writer says of numbers
-- and replies is not believed; no number at all says that the conversation must be counted.
create function private.tg_messages__number()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  new.is_replied := false;
  new.replied_at := null;
  new.message_number := (
    select 1 + case new.direction when 'out' then l.total_messages_sent else l.total_messages_received end
    from public.leads as l
    where
      l.id = new.lead_id
      and l.coach_id = new.coach_id
      and (l.last_message_at < new.created_at or l.last_message_at is null)
  );
  return new;
end;
$$;

create trigger _050_number
before insert on public.messages
for each row execute function private.tg_messages__number();

create function private.tg_messages__insert()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_message record;
begin
  select
    n.coach_id,
    n.lead_id,
    n.direction,
    n.message_number,
    n.created_at,
    exists (select from new_rows offset 1) as has_company
  into v_message
  from new_rows as n;
  if not v_message.has_company and private.append_message(
    v_message.coach_id, v_message.lead_id, v_message.direction, v_message.message_number,
    v_message.created_at
  ) then
    return null;
  end if;
  perform private.sync_conversations(array(select distinct m.lead_id from new_rows as m));
  return null;
end;
$$;

create trigger _100_insert
after insert on public.messages
referencing new table as new_rows
for each statement execute function private.tg_messages__insert();

create function private.tg_messages__update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_by_hand boolean := pg_trigger_depth() = 1;
  v_leads uuid [];
begin
  -- Only what numbering depends on; this is also what ends the recursion, since the numbering
  -- itself updates messages. Written by hand, not from within, numbers and replies are put right.
  -- What did not change is there twice, with 1 and with -1; no join, whose plan would be kept.
  select array_agg(distinct moved.lead_id) into v_leads
  from (
    select r.lead_id
    from (
      select
        n.*,
        1 as sign
      from new_rows as n
      union all
      select
        o.*,
        -1
      from old_rows as o
    ) as r
    group by
      r.id,
      r.lead_id,
      r.direction,
      r.created_at,
      case when v_by_hand then (r.message_number, r.is_replied, r.replied_at) end
    having sum(r.sign) <> 0
  ) as moved;
  if v_leads is not null then
    perform private.sync_conversations(v_leads);
  end if;
  return null;
end;
$$;

create trigger _100_update
after update on public.messages
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_messages__update();

create function private.tg_messages__delete()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.sync_conversations(array(select distinct m.lead_id from old_rows as m));
  return null;
end;
$$;

create trigger _100_delete
after delete on public.messages
referencing old table as old_rows
for each statement execute function private.tg_messages__delete();

create function private.tg_messages__truncate()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.sync_conversations(array(select l.id from public.leads as l));
  return null;
end;
$$;

create trigger _100_truncate
after truncate on public.messages
for each statement execute function private.tg_messages__truncate();

-- The few writes that people of a tenant may make, each through a function that checks. The public
-- function is an invoker bound to its private definer: nothing in the exposed schema runs with
-- rights of its own.

-- Raises unless the caller has one of these roles in the tenant of the lead, and returns the lead,
-- locked. A lead of another tenant and a lead that does not exist get the same answer.
create function private.my_lead(lead_id uuid, roles text[])
returns public.leads
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_lead public.leads;
  v_role text;
begin
  select l.* into v_lead
  from public.leads as l
  where l.id = my_lead.lead_id and l.coach_id = any ((select private.my_coach_ids())::uuid [])
  for no key update;
  if not found then
    raise exception 'lead not found' using errcode = 'PT404';
  end if;
  v_role := private.my_role_in(v_lead.coach_id);
  if v_role is null or v_role <> all (my_lead.roles) then
    raise exception 'your role in this tenant may not change leads' using
      errcode = '42501',
      hint = 'Ask an owner or admin of the tenant for the role «member».';
  end if;
  return v_lead;
end;
$$;

create function private.set_lead_status(
  lead_id uuid, status text, deal_value numeric, loss_reason text
)
returns public.leads
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_lead public.leads := private.my_lead(set_lead_status.lead_id, array['owner', 'admin', 'member']);
begin
  if coalesce(set_lead_status.status, 'new') = 'new'
    or private.stage_rank(set_lead_status.status) is null then
    raise exception 'status must be one of engaged, qualified, call_proposed, call_booked, won, lost, relance'
      using errcode = '22023';
  end if;
  update public.leads as l
  set
    status = set_lead_status.status,
    status_changed_at = now(),
    deal_value = coalesce(set_lead_status.deal_value, l.deal_value),
    loss_reason = coalesce(set_lead_status.loss_reason, l.loss_reason),
    -- The words beside «other» belong to the reason that they explained.
    loss_reason_detail = case
      when set_lead_status.loss_reason is null then l.loss_reason_detail
    end
  where l.id = v_lead.id
  returning l.* into v_lead;
  return v_lead;
end;
$$;

create function public.set_lead_status(
  lead_id uuid, status text, deal_value numeric default null, loss_reason text default null
)
returns public.leads
language sql
set search_path = pg_catalog, pg_temp
begin atomic
  select private.set_lead_status(
    set_lead_status.lead_id,
    set_lead_status.status,
    set_lead_status.deal_value,
    set_lead_status.loss_reason
  );
end;

comment on function public.set_lead_status(uuid, text, numeric, text) is
'Moves a lead of one''s own tenant to a status, now. Owner, admin or member.';

create function private.add_lead_note(lead_id uuid, body text)
returns public.lead_notes
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_lead public.leads := private.my_lead(add_lead_note.lead_id, array['owner', 'admin', 'member']);
  v_note public.lead_notes;
begin
  insert into public.lead_notes (coach_id, lead_id, body, author_id)
  values (v_lead.coach_id, v_lead.id, add_lead_note.body, private.my_user_id())
  returning * into v_note;
  return v_note;
end;
$$;

create function public.add_lead_note(lead_id uuid, body text)
returns public.lead_notes
language sql
set search_path = pg_catalog, pg_temp
begin atomic
  select private.add_lead_note(add_lead_note.lead_id, add_lead_note.body);
end;

comment on function public.add_lead_note(uuid, text) is
'Adds a note to a lead of one''s own tenant. Owner, admin or member.';

create function private.add_lead_tag(lead_id uuid, tag text)
returns public.lead_tags
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_lead public.leads := private.my_lead(add_lead_tag.lead_id, array['owner', 'admin', 'member']);
  v_tag public.lead_tags;
begin
  insert into public.lead_tags (coach_id, lead_id, tag)
  values (v_lead.coach_id, v_lead.id, btrim(add_lead_tag.tag))
  on conflict do nothing;
  select t.* into strict v_tag
  from public.lead_tags as t
  where
    t.coach_id = v_lead.coach_id
    and t.lead_id = v_lead.id
    and t.tag = btrim(add_lead_tag.tag);
  return v_tag;
end;
$$;

create function public.add_lead_tag(lead_id uuid, tag text)
returns public.lead_tags
language sql
set search_path = pg_catalog, pg_temp
begin atomic
  select private.add_lead_tag(add_lead_tag.lead_id, add_lead_tag.tag);
end;

comment on function public.add_lead_tag(uuid, text) is
'Tags a lead of one''s own tenant; a tag that it has already stays. Owner, admin or member.';

create function private.remove_lead_tag(lead_id uuid, tag text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_lead public.leads := private.my_lead(remove_lead_tag.lead_id, array['owner', 'admin', 'member']);
begin
  delete from public.lead_tags as t
  where
    t.coach_id = v_lead.coach_id
    and t.lead_id = v_lead.id
    and t.tag = btrim(remove_lead_tag.tag);
  return found;
end;
$$;

create function public.remove_lead_tag(lead_id uuid, tag text)
returns boolean
language sql
set search_path = pg_catalog, pg_temp
begin atomic
  select private.remove_lead_tag(remove_lead_tag.lead_id, remove_lead_tag.tag);
end;

comment on function public.remove_lead_tag(uuid, text) is
'Takes a tag off a lead of one''s own tenant; says whether it was there.';

create function private.update_settings(settings jsonb, coach_id uuid)
returns public.coach_settings
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_settings public.coach_settings;
  v_unknown text;
begin
  -- A stranger and a tenant that does not exist get the same answer.
  if update_settings.coach_id is null
    or update_settings.coach_id <> all ((select private.my_coach_ids())::uuid []) then
    raise exception 'tenant not found' using errcode = 'PT404';
  end if;
  if private.my_role_in(update_settings.coach_id) not in ('owner', 'admin') then
    raise exception 'your role in this tenant may not change settings' using
      errcode = '42501',
      hint = 'Ask the owner of the tenant for the role «admin».';
  end if;
  if jsonb_typeof(update_settings.settings) is distinct from 'object' then
    raise exception 'settings must be an object, such as {"followup_after_days": 3}'
      using errcode = '22023';
  end if;
  select k.key into v_unknown
  from jsonb_object_keys(update_settings.settings) as k (key)
  where k.key not in (
    'followup_after_days', 'relance_high_after_days', 'lead_magnet_estimate_pct',
    'email_estimate_pct', 'no_show_estimate_pct', 'ai_efficiency_pct', 'hours_saved_monthly',
    'acquisition_cost_per_lead'
  )
  order by k.key collate "C"
  limit 1;
  if v_unknown is not null then
    raise exception 'unknown setting "%"', v_unknown using errcode = '22023';
  end if;
  select s.* into v_settings
  from public.coach_settings as s
  where s.coach_id = update_settings.coach_id
  for no key update;
  v_settings := jsonb_populate_record(v_settings, update_settings.settings);
  update public.coach_settings as s
  set
    followup_after_days = v_settings.followup_after_days,
    relance_high_after_days = v_settings.relance_high_after_days,
    lead_magnet_estimate_pct = v_settings.lead_magnet_estimate_pct,
    email_estimate_pct = v_settings.email_estimate_pct,
    no_show_estimate_pct = v_settings.no_show_estimate_pct,
    ai_efficiency_pct = v_settings.ai_efficiency_pct,
    hours_saved_monthly = v_settings.hours_saved_monthly,
    acquisition_cost_per_lead = v_settings.acquisition_cost_per_lead
  where s.coach_id = update_settings.coach_id
  returning s.* into v_settings;
  return v_settings;
end;
$$;

create function public.update_settings(settings jsonb, coach_id uuid default null)
returns public.coach_settings
language sql
set search_path = pg_catalog, pg_temp
begin atomic
  select private.update_settings(
    update_settings.settings,
    coalesce(update_settings.coach_id, public.current_coach_id())
  );
end;

comment on function public.update_settings(jsonb, uuid) is
'Changes the named settings of one''s own tenant. Owner or admin.';

-- The security of the coaching domain, whole. People of a tenant read its rows; they write through
-- the functions of 50_api.sql. n8n writes as service_role.

revoke all on public.coach_settings from public, anon, authenticated, service_role;
revoke all on public.leads from public, anon, authenticated, service_role;
revoke all on public.messages from public, anon, authenticated, service_role;
revoke all on public.message_sequences from public, anon, authenticated, service_role;
revoke all on public.lead_notes from public, anon, authenticated, service_role;
revoke all on public.lead_tags from public, anon, authenticated, service_role;
revoke all on public.lead_status_history from public, anon, authenticated, service_role;
-- The numbers of an identity column belong to its table; the legacy bootstrap would grant them.
revoke all on sequence public.lead_status_history_id_seq
from public, anon, authenticated, service_role;

grant select on public.coach_settings to authenticated;
grant select on public.leads to authenticated;
grant select on public.messages to authenticated;
grant select on public.message_sequences to authenticated;
grant select on public.lead_notes to authenticated;
grant select on public.lead_tags to authenticated;
grant select on public.lead_status_history to authenticated;

-- Settings rows come and go with their tenant, by trigger and foreign key.
grant select, update on public.coach_settings to service_role;
grant select, insert, update, delete on public.leads to service_role;
grant select, insert, update, delete on public.messages to service_role;
grant select, insert, update, delete on public.lead_notes to service_role;
grant select, insert, update, delete on public.lead_tags to service_role;
-- Kept by triggers: nobody writes them by hand, and nobody rewrites the history. Truncate is
-- withheld everywhere: it asks no policy.
grant select on public.message_sequences to service_role;
grant select on public.lead_status_history to service_role;

create policy coach_settings_select_member
on public.coach_settings
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

create policy leads_select_member
on public.leads
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

create policy messages_select_member
on public.messages
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

create policy message_sequences_select_member
on public.message_sequences
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

create policy lead_notes_select_member
on public.lead_notes
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

create policy lead_tags_select_member
on public.lead_tags
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

create policy lead_status_history_select_member
on public.lead_status_history
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

-- Helpers and trigger functions: nobody calls them by name.
revoke execute on all functions in schema private from public;

-- Each checks the caller's tenant and role itself; they are bound to the public functions below.
grant execute on function private.set_lead_status(uuid, text, numeric, text) to authenticated;
grant execute on function private.add_lead_note(uuid, text) to authenticated;
grant execute on function private.add_lead_tag(uuid, text) to authenticated;
grant execute on function private.remove_lead_tag(uuid, text) to authenticated;
grant execute on function private.update_settings(jsonb, uuid) to authenticated;

revoke all on function public.set_lead_status(uuid, text, numeric, text)
from public, anon, authenticated, service_role;
revoke all on function public.add_lead_note(uuid, text)
from public, anon, authenticated, service_role;
revoke all on function public.add_lead_tag(uuid, text)
from public, anon, authenticated, service_role;
revoke all on function public.remove_lead_tag(uuid, text)
from public, anon, authenticated, service_role;
revoke all on function public.update_settings(jsonb, uuid)
from public, anon, authenticated, service_role;

-- Not to service_role: these act as a person, and a service writes the tables.
grant execute on function public.set_lead_status(uuid, text, numeric, text) to authenticated;
grant execute on function public.add_lead_note(uuid, text) to authenticated;
grant execute on function public.add_lead_tag(uuid, text) to authenticated;
grant execute on function public.remove_lead_tag(uuid, text) to authenticated;
grant execute on function public.update_settings(jsonb, uuid) to authenticated;
