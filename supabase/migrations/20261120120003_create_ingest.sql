-- Purpose: Events in any order: validation, application, dead letters.
-- Locks or destroys: nothing that exists.

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

-- What an event may say, and what it says: pure functions of the event alone.

-- RFC 3339, strictly: PostgreSQL alone would also take «yesterday» and times without an offset.
-- Null when the text is no such time.
create function private.parse_rfc3339(value text)
returns timestamptz
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if value !~ (
    '^\d{4}-\d{2}-\d{2}[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?'
    '([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$'
  ) then
    return null;
  end if;
  return value::timestamptz;
exception
  -- Also 22009: PostgreSQL knows no offset beyond 15:59, which RFC 3339 allows.
  when data_exception then
    return null;
end;
$$;

comment on function private.parse_rfc3339(text) is
'The instant, or null for anything but an RFC 3339 time.';

-- A field as text: null when absent, null, blank, or no text at all.
create function private.event_text(event jsonb, field text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return case
  when jsonb_typeof(event -> event_text.field) in ('string', 'number')
    then nullif(btrim(event ->> event_text.field, E' \t\r\n'), '')
end;

comment on function private.event_text(jsonb, text) is
'A field of an event as text; null when it is missing or blank.';

-- Why this event can never be applied as it stands, whatever the database holds; null when sound.
-- The first words are a code: docs/errors.md lists them.
create function private.event_problem(event jsonb)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_type text;
  v_field text;
  v_value jsonb;
  v_allowed text [];
begin
  if jsonb_typeof(event) is distinct from 'object' then
    return 'not_an_object: an event is a JSON object';
  end if;

  foreach v_field in array array['id', 'type', 'coach_id', 'contact_id', 'at'] loop
    v_value := event -> v_field;
    if v_value is null or v_value = 'null' then
      return format('missing_%s: every event needs %1$s', v_field);
    elsif jsonb_typeof(v_value) <> 'string' then
      return format('malformed_%s: %1$s must be a string', v_field);
    elsif btrim(event ->> v_field) = '' then
      return format('missing_%s: %1$s is blank', v_field);
    end if;
  end loop;
  if length(event ->> 'id') > 500 or length(event ->> 'contact_id') > 500 then
    return 'malformed_id: id and contact_id have at most 500 characters';
  end if;
  if event ->> 'coach_id' !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    return format('malformed_coach_id: "%s" is no uuid', left(event ->> 'coach_id', 60));
  end if;
  if private.parse_rfc3339(event ->> 'at') is null then
    return format(
      'malformed_at: "%s" is no RFC 3339 time, such as 2026-10-31T12:00:00Z', left(event ->> 'at', 60)
    );
  end if;

  v_type := event ->> 'type';
  if v_type not in ('lead', 'message', 'status', 'call', 'lead_magnet') then
    return format(
      'unknown_type: "%s" is not one of lead, message, status, call, lead_magnet', left(v_type, 60)
    );
  end if;

  -- The closed lists, by type. Only a lead's gender may be left out.
  select l.field, l.allowed into v_field, v_allowed
  from (
    values
    ('lead', 'gender', array['male', 'female', 'other']),
    ('message', 'direction', array['in', 'out']),
    (
      'status', 'status',
      array['engaged', 'qualified', 'call_proposed', 'call_booked', 'won', 'lost', 'relance']
    ),
    ('call', 'outcome', array['proposed', 'booked', 'attended', 'no_show'])
  ) as l (type, field, allowed)
  where l.type = v_type;
  if found and coalesce(event ->> v_field, '') <> all (v_allowed)
    and (v_type <> 'lead' or btrim(coalesce(event ->> v_field, '')) <> '') then
    return format(
      'invalid_%s: "%s" is not one of %s',
      v_field, left(coalesce(event ->> v_field, ''), 60), array_to_string(v_allowed, ', ')
    );
  end if;

  if v_type = 'lead' and jsonb_typeof(coalesce(event -> 'age', 'null')) <> 'null' then
    v_value := event -> 'age';
    if jsonb_typeof(v_value) <> 'number' or v_value::numeric % 1 <> 0 then
      return 'invalid_age: age must be an integer';
    elsif v_value::numeric not between 0 and 130 then
      return 'invalid_age: age must be from 0 to 130';
    end if;
  end if;
  if v_type = 'status' and jsonb_typeof(coalesce(event -> 'deal_value', 'null')) <> 'null' then
    v_value := event -> 'deal_value';
    if jsonb_typeof(v_value) <> 'number' then
      return 'invalid_deal_value: deal_value must be a number';
    elsif v_value::numeric < 0 or v_value::numeric >= 1e12 then
      return 'invalid_deal_value: deal_value must be 0 or more, and below 1e12';
    end if;
  end if;

  -- The remaining fields are texts.
  foreach v_field in array case v_type
    when 'lead' then array[
      'user_id_instagram', 'first_name', 'last_name', 'email', 'job_title', 'source'
    ]
    when 'message' then array['text', 'external_id']
    when 'status' then array['loss_reason']
    else array[]::text []
  end loop
    if jsonb_typeof(coalesce(event -> v_field, 'null')) not in ('null', 'string', 'number') then
      return format('malformed_%s: %1$s must be a string', v_field);
    end if;
  end loop;
  return null;
end;
$$;

comment on function private.event_problem(jsonb) is
'Why an event is unsound, as «code: words»; null when it is sound.';

-- The values that a sound event carries for columns of leads, as {column: value}.
create function private.event_fields(event jsonb)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
return jsonb_strip_nulls(
  case event ->> 'type'
    when 'lead'
      then
        jsonb_build_object(
          'user_id_instagram', private.event_text(event, 'user_id_instagram'),
          'first_name', private.event_text(event, 'first_name'),
          'last_name', private.event_text(event, 'last_name'),
          'email', private.event_text(event, 'email'),
          -- nullif: before PostgreSQL 18 a JSON null has no cast to a number.
          'age', nullif(event -> 'age', 'null')::integer,
          'gender', private.event_text(event, 'gender'),
          -- As written: how a profession is spelled most often is a figure of its own.
          'job_title', case
            when private.event_text(event, 'job_title') is not null then event ->> 'job_title'
          end,
          'source', private.event_text(event, 'source')
        )
    when 'status'
      then
        jsonb_build_object(
          'deal_value', nullif(event -> 'deal_value', 'null')::numeric,
          'loss_reason', private.event_text(event, 'loss_reason')
        )
    else '{}'
  end
);

comment on function private.event_fields(jsonb) is
'What an event says of its lead, as {column: value}.';

-- What a sound event does to its lead. The rules are those of docs/ingest.md.

-- Merges what an event says into what is known: each field keeps the value with the greatest
-- (at, value), so any order of arrival ends the same. A known value that no event ever gave yields
-- to any event. Returns the fields that change, with their versions.
create function private.newer_fields(known jsonb, versions jsonb, said jsonb, at timestamptz)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
return coalesce(
  (
    select jsonb_object_agg(s.key, jsonb_build_object('at', newer_fields.at, 'value', s.value))
    from jsonb_each(newer_fields.said) as s
    where
      jsonb_typeof(coalesce(newer_fields.known -> s.key, 'null')) = 'null'
      or not newer_fields.versions ? s.key
      or (
        (newer_fields.versions -> s.key ->> 'at')::timestamptz,
        newer_fields.versions -> s.key ->> 'value' collate "C"
      ) < (newer_fields.at, s.value #>> '{}' collate "C")
  ),
  '{}'
);

comment on function private.newer_fields(jsonb, jsonb, jsonb, timestamptz) is
'Fields that an event changes, as {field: {"at", "value"}}.';

-- The lead of an event, made when it is new, and locked: two events of one lead take turns.
create function private.lead_of_event(coach_id uuid, contact_id text, at timestamptz)
returns public.leads
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_lead public.leads;
begin
  loop
    select l.* into v_lead
    from public.leads as l
    where l.coach_id = lead_of_event.coach_id and l.contact_id = lead_of_event.contact_id
    for no key update;
    if found then
      return v_lead;
    end if;
    insert into public.leads (coach_id, contact_id, created_at)
    values (lead_of_event.coach_id, lead_of_event.contact_id, lead_of_event.at)
    on conflict on constraint leads_coach_id_contact_id_key do nothing
    returning * into v_lead;
    if found then
      return v_lead;
    end if;
    -- Somebody else made it in between; the next round finds and locks it.
  end loop;
end;
$$;

-- Applies a sound event of an active tenant to its lead.
create function private.apply_event(event jsonb)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_coach_id uuid := (event ->> 'coach_id')::uuid;
  v_at timestamptz := private.parse_rfc3339(event ->> 'at');
  v_lead public.leads := private.lead_of_event(v_coach_id, event ->> 'contact_id', v_at);
  v_before public.leads := v_lead;
  v_status text;
  v_fields jsonb := private.event_fields(event);
  v_known jsonb;
  v_versions jsonb;
  v_changes jsonb;
begin
  v_lead.created_at := least(v_lead.created_at, v_at);

  if v_fields <> '{}' then
    select v.fields into v_versions
    from private.lead_versions as v
    where v.coach_id = v_lead.coach_id and v.lead_id = v_lead.id;
    -- The words of a loss reason are compared and kept as they were said.
    v_known := to_jsonb(v_lead) || jsonb_build_object(
      'loss_reason', coalesce(v_lead.loss_reason_detail, v_lead.loss_reason)
    );
    -- A deal value or loss reason that a person set with a status is as old as that status: an older
    -- event does not undo it.
    v_versions := coalesce(v_versions, '{}') || coalesce(
      (
        select
          jsonb_object_agg(
            f.field,
            jsonb_build_object('at', v_before.status_changed_at, 'value', v_known -> f.field)
          )
        from unnest(array['deal_value', 'loss_reason']) as f (field)
        where
          v_before.status_changed_at is not null
          and v_known ->> f.field is not null
          and lower(v_versions -> f.field ->> 'value') is distinct from lower(v_known ->> f.field)
      ),
      '{}'
    );
    v_changes := private.newer_fields(v_known, v_versions, v_fields, v_at);
    if v_changes <> '{}' then
      insert into private.lead_versions as v (coach_id, lead_id, fields)
      values (v_lead.coach_id, v_lead.id, v_changes)
      on conflict (coach_id, lead_id) do update set fields = v.fields || excluded.fields;
      v_lead := jsonb_populate_record(
        v_lead, (select jsonb_object_agg(c.key, c.value -> 'value') from jsonb_each(v_changes) as c)
      );
      if v_changes ? 'loss_reason' then
        if lower(v_lead.loss_reason) in ('price', 'time', 'already_tried', 'hesitation', 'other') then
          v_lead.loss_reason := lower(v_lead.loss_reason);
          v_lead.loss_reason_detail := null;
        else
          v_lead.loss_reason_detail := v_lead.loss_reason;
          v_lead.loss_reason := 'other';
        end if;
      end if;
    end if;
  end if;

  v_status := case
    when event ->> 'type' = 'status' then event ->> 'status'
    when event ->> 'outcome' in ('proposed', 'booked') then 'call_' || (event ->> 'outcome')
  end;
  if v_status is not null then
    v_lead := private.reach_stage(v_lead, v_status, v_at);
    if v_lead.status_changed_at is null
      or (v_at, private.stage_rank(v_status))
      >= (v_lead.status_changed_at, private.stage_rank(v_lead.status)) then
      v_lead.status := v_status;
      v_lead.status_changed_at := v_at;
    end if;
  elsif event ->> 'outcome' = 'attended' then
    v_lead.call_attended_at := least(v_lead.call_attended_at, v_at);
  elsif event ->> 'outcome' = 'no_show' then
    v_lead.call_no_show_at := least(v_lead.call_no_show_at, v_at);
  elsif event ->> 'type' = 'lead_magnet' then
    v_lead.lead_magnet_sent_at := least(v_lead.lead_magnet_sent_at, v_at);
  end if;

  if v_lead.status <> v_before.status
    and v_lead.status_changed_at = v_before.status_changed_at then
    -- Two statuses of one instant. The trigger takes an unchanged time for one that was not given,
    -- and would put the present; cleared first, it is seen to be given.
    update public.leads as l
    set status_changed_at = null
    where l.id = v_lead.id;
  end if;
  if v_lead is distinct from v_before then
    update public.leads as l
    set
      user_id_instagram = v_lead.user_id_instagram,
      first_name = v_lead.first_name,
      last_name = v_lead.last_name,
      email = v_lead.email,
      age = v_lead.age,
      gender = v_lead.gender,
      job_title = v_lead.job_title,
      source = v_lead.source,
      deal_value = v_lead.deal_value,
      loss_reason = v_lead.loss_reason,
      loss_reason_detail = v_lead.loss_reason_detail,
      status = v_lead.status,
      status_changed_at = v_lead.status_changed_at,
      engaged_at = v_lead.engaged_at,
      qualified_at = v_lead.qualified_at,
      call_proposed_at = v_lead.call_proposed_at,
      call_booked_at = v_lead.call_booked_at,
      call_attended_at = v_lead.call_attended_at,
      call_no_show_at = v_lead.call_no_show_at,
      won_at = v_lead.won_at,
      lost_at = v_lead.lost_at,
      lead_magnet_sent_at = v_lead.lead_magnet_sent_at,
      created_at = v_lead.created_at
    where l.id = v_lead.id;
  end if;

  if event ->> 'type' = 'message' then
    insert into public.messages (id, coach_id, lead_id, text, direction, external_id, created_at)
    values (
      -- Derived, so that two messages of one instant are numbered alike in any order of arrival.
      md5(v_coach_id::text || ':' || (event ->> 'id'))::uuid,
      v_coach_id, v_lead.id, event ->> 'text', event ->> 'direction',
      private.event_text(event, 'external_id'), v_at
    );
  end if;
  return v_lead.id;
end;
$$;

comment on function private.apply_event(jsonb) is
'Applies a sound event to its lead, whose id it returns.';

-- One event in, one answer out, whatever it holds; and another try for what failed.

create function private.record_dead_letter(payload text, reason text, event jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.dead_letters as d (raw, reason, coach_id, event_id)
  values (
    coalesce(record_dead_letter.payload, 'null'),
    record_dead_letter.reason,
    case
      when event ->> 'coach_id' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
        then (event ->> 'coach_id')::uuid
    end,
    left(event ->> 'id', 500)
  )
  on conflict (md5(raw)) where resolved_at is null do update
    set
      deliveries = d.deliveries + 1,
      reason = excluded.reason,
      last_tried_at = excluded.last_tried_at;
  return jsonb_build_object('result', 'dead_letter', 'reason', record_dead_letter.reason);
end;
$$;

comment on function private.record_dead_letter(text, text, jsonb) is
'Keeps what could not be applied, and answers so.';

-- Tries one event and answers; a null event was no JSON. What the event itself does wrong is never
-- raised; what is wrong with the moment (a deadlock, a full disk, a shutdown) is, so that the
-- sender knows and sends again.
create function private.try_event(event jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_problem text := case
    when event is null then 'not_json: the text is no JSON'
    else private.event_problem(event)
  end;
  v_lead_id uuid;
begin
  if v_problem is not null then
    return jsonb_build_object('result', 'dead_letter', 'reason', v_problem);
  end if;
  if not exists (
    select from public.coachs as c
    where c.id = (event ->> 'coach_id')::uuid and c.status = 'active'
  ) then
    return jsonb_build_object(
      'result', 'dead_letter',
      'reason', format('unknown_coach: no active coach has the id %s', event ->> 'coach_id')
    );
  end if;
  begin
    insert into private.ingested_events (coach_id, event_id)
    values ((event ->> 'coach_id')::uuid, event ->> 'id')
    on conflict do nothing;
    if not found then
      return jsonb_build_object(
        'result', 'duplicate',
        'lead_id', (
          select l.id from public.leads as l
          where l.coach_id = (event ->> 'coach_id')::uuid and l.contact_id = event ->> 'contact_id'
        )
      );
    end if;
    v_lead_id := private.apply_event(event);
    return jsonb_build_object('result', 'accepted', 'lead_id', v_lead_id);
  exception
    when others then
      if sqlstate ~ '^(08|40|53|55|57|58|F0|XX)' then
        raise;
      elsif sqlstate = '23505' and sqlerrm like '%leads_coach_id_user_id_instagram_key%' then
        v_problem := format(
          'instagram_taken: another contact of this coach has user_id_instagram "%s"',
          event ->> 'user_id_instagram'
        );
      else
        v_problem := format('rejected: %s (%s)', sqlerrm, sqlstate);
      end if;
      return jsonb_build_object('result', 'dead_letter', 'reason', v_problem);
  end;
end;
$$;

comment on function private.try_event(jsonb) is
'The answer to one event; records nothing when it is a dead letter.';

-- Takes parsed events with their texts, and answers in their order. They are applied in the order
-- of (coach, contact, at): since the order of arrival does not matter, this one is chosen, because
-- all sessions then lock leads in the same order, and late messages need no renumbering.
create function private.take_events(events jsonb[], raws text[])
returns jsonb
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_answers jsonb [] := array_fill(null::jsonb, array[cardinality(raws)]);
  v_answer jsonb;
  v_next record;
begin
  for v_next in
    select
      e.position,
      e.event,
      e.raw
    from unnest(take_events.events, take_events.raws) with ordinality as e (event, raw, position)
    order by
      e.event ->> 'coach_id' collate "C",
      e.event ->> 'contact_id' collate "C",
      private.parse_rfc3339(e.event ->> 'at'),
      e.event ->> 'id' collate "C",
      -- What is no event at all has none of these; two sessions meet at its text.
      e.raw collate "C",
      e.position
  loop
    v_answer := private.try_event(v_next.event);
    if v_answer ->> 'result' = 'dead_letter' then
      v_answer := private.record_dead_letter(v_next.raw, v_answer ->> 'reason', v_next.event);
    end if;
    v_answers[v_next.position] := v_answer;
  end loop;
  return (
    select
      jsonb_build_object(
        'accepted', count(*) filter (where a.answer ->> 'result' = 'accepted'),
        'duplicates', count(*) filter (where a.answer ->> 'result' = 'duplicate'),
        'dead_letters', count(*) filter (where a.answer ->> 'result' = 'dead_letter'),
        'results', to_jsonb(v_answers)
      )
    from unnest(v_answers) as a (answer)
  );
end;
$$;

comment on function private.take_events(jsonb[], text[]) is
'Takes events and answers {"accepted", "duplicates", "dead_letters", "results"}.';

-- The JSON of a text, or null when it is none (or holds \u0000, which PostgreSQL cannot store).
create function private.parse_json(value text)
returns jsonb
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  return value::jsonb;
exception
  when data_exception or statement_too_complex then
    return null;
end;
$$;

comment on function private.parse_json(text) is 'The JSON of a text; null when it is none.';

-- The way in of the command line: one text an event, torn ones included.
create function private.ingest_lines(lines text[])
returns jsonb
language sql
set search_path = pg_catalog, pg_temp
begin atomic
  select private.take_events(
    array(
      select private.parse_json(l.line)
      from unnest(ingest_lines.lines) with ordinality as l (line, position)
      order by l.position
    ),
    ingest_lines.lines
  );
end;

comment on function private.ingest_lines(text[]) is
'Takes events as texts, as of a JSON Lines file; answers as take_events does.';

-- Tries dead letters again, all that wait or those named. What can be applied now is resolved and
-- stays as a record; the rest waits on, with the reason of this try. Locks are taken as take_events
-- takes them, in the order of its key and each lead before its letter: a letter is not locked until
-- it has been tried. Two replays at once try one event twice, which is a duplicate, and only one of
-- them finds the letter still waiting.
create function private.replay_dead_letters(ids bigint[] default null)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_letter record;
  v_answer jsonb;
  v_accepted integer := 0;
  v_duplicates integer := 0;
  v_dead integer := 0;
begin
  for v_letter in
    select
      d.id,
      e.event
    from private.dead_letters as d
    cross join lateral private.parse_json(d.raw) as e (event)
    where
      d.resolved_at is null
      and (replay_dead_letters.ids is null or d.id = any (replay_dead_letters.ids))
    order by
      e.event ->> 'coach_id' collate "C",
      e.event ->> 'contact_id' collate "C",
      private.parse_rfc3339(e.event ->> 'at'),
      e.event ->> 'id' collate "C",
      d.raw collate "C"
  loop
    v_answer := private.try_event(v_letter.event);
    update private.dead_letters as d
    set
      last_tried_at = now(),
      reason = coalesce(v_answer ->> 'reason', d.reason),
      resolved_at = case when v_answer ->> 'result' <> 'dead_letter' then now() end,
      resolution = nullif(v_answer ->> 'result', 'dead_letter')
    where d.id = v_letter.id and d.resolved_at is null;
    if found then
      case v_answer ->> 'result'
        when 'accepted' then v_accepted := v_accepted + 1;
        when 'duplicate' then v_duplicates := v_duplicates + 1;
        else v_dead := v_dead + 1;
      end case;
    end if;
  end loop;
  return jsonb_build_object(
    'accepted', v_accepted, 'duplicates', v_duplicates, 'dead_letters', v_dead
  );
end;
$$;

comment on function private.replay_dead_letters(bigint[]) is
'Tries waiting dead letters again; answers {"accepted", "duplicates", "dead_letters"}.';

-- Ends the wait of dead letters that nobody will mend. Their texts stay as a record.
create function private.discard_dead_letters(ids bigint[] default null)
returns bigint
language sql
set search_path = pg_catalog, pg_temp
begin atomic
  with discarded as (
    update private.dead_letters as d
    set
      resolved_at = now(),
      resolution = 'discarded'
    where
      d.resolved_at is null
      and (discard_dead_letters.ids is null or d.id = any(discard_dead_letters.ids))
    returning d.id
  )
  select count(*) from discarded;
end;

comment on function private.discard_dead_letters(bigint[]) is
'Marks waiting dead letters as discarded, all or those named; answers how many.';

-- The way in over HTTP: n8n, with the secret key.

create function public.ingest_event(event jsonb)
returns jsonb
language sql
set search_path = pg_catalog, pg_temp
begin atomic
  select
    private.take_events(array[ingest_event.event], array[ingest_event.event::text])
    -> 'results' -> 0;
end;

comment on function public.ingest_event(jsonb) is
'Takes one event; answers {"result": "accepted" | "duplicate" | "dead_letter", "reason"?, '
'"lead_id"?}.';

create function public.ingest_events(events jsonb)
returns jsonb
language sql
set search_path = pg_catalog, pg_temp
begin atomic
  -- Anything but an array makes jsonb_array_elements raise 22023, which says so.
  select
    private.take_events(
      array(select e.event from jsonb_array_elements(ingest_events.events) as e (event)),
      array(select e.event::text from jsonb_array_elements(ingest_events.events) as e (event))
    );
end;

comment on function public.ingest_events(jsonb) is
'Takes an array of events; answers {"accepted", "duplicates", "dead_letters", "results"}, '
'results in the order of the array.';

-- The security of the ingest domain, whole: the secret key sends events; the command line, which
-- connects as the owner, lists and replays what failed. No person of a tenant comes near it.

revoke all on private.ingested_events from public, anon, authenticated, service_role;
revoke all on private.lead_versions from public, anon, authenticated, service_role;
revoke all on private.dead_letters from public, anon, authenticated, service_role;

revoke execute on all functions in schema private from public;
-- Bound to the two public functions below.
grant execute on function private.take_events(jsonb[], text[]) to service_role;

revoke all on function public.ingest_event(jsonb) from public, anon, authenticated, service_role;
revoke all on function public.ingest_events(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.ingest_event(jsonb) to service_role;
grant execute on function public.ingest_events(jsonb) to service_role;
