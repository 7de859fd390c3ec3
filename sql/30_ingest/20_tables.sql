-- What the ingest remembers: which events were applied, how old each known value is, and what could
-- not be applied.

-- Idempotency: an event id is applied once per tenant.
create table private.ingested_events (
  coach_id uuid not null,
  event_id text not null,
  ingested_at timestamptz not null default now(),
  constraint ingested_events_pkey primary key (coach_id, event_id),
  constraint ingested_events_coach_id_fkey foreign key (coach_id)
  references public.coachs (id) on delete cascade
);
alter table private.ingested_events enable row level security;

comment on table private.ingested_events is 'Ids of the events that were applied, per tenant.';

-- Events arrive in any order, and a value belongs to the event with the latest `at` that carries
-- it: so each value's own time is kept. A value written directly, by no event, has none and yields.
create table private.lead_versions (
  coach_id uuid not null,
  lead_id uuid not null,
  fields jsonb not null default '{}',
  constraint lead_versions_pkey primary key (coach_id, lead_id),
  constraint lead_versions_coach_id_lead_id_fkey foreign key (coach_id, lead_id)
  references public.leads (coach_id, id) on delete cascade
);
alter table private.lead_versions enable row level security;

comment on table private.lead_versions is
'For each lead, field → {"at", "value"} of the event that a value comes from.';

-- Nothing is ever lost: an event that cannot be applied waits here, with its text and the reason,
-- until somebody mends the cause and replays it. A second delivery of the same text is counted.
create table private.dead_letters (
  id bigint not null generated always as identity,
  raw text not null,
  reason text not null,
  coach_id uuid,
  event_id text,
  deliveries integer not null default 1,
  received_at timestamptz not null default now(),
  last_tried_at timestamptz not null default now(),
  resolved_at timestamptz,
  resolution text,
  constraint dead_letters_pkey primary key (id),
  constraint dead_letters_resolution_check check (
    resolution in ('accepted', 'duplicate', 'discarded')
  ),
  constraint dead_letters_resolved_check check ((resolved_at is null) = (resolution is null))
);
alter table private.dead_letters enable row level security;

create unique index dead_letters_raw_key on private.dead_letters (md5(raw))
where resolved_at is null;

comment on table private.dead_letters is
'Events that could not be applied. No foreign key: the tenant may be what is wrong.';
comment on column private.dead_letters.resolution is
'What ended the wait: the answer to a replay, or a person who discarded it.';
comment on column private.dead_letters.coach_id is
'The tenant that the event names, when it is a uuid.';
