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
