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
