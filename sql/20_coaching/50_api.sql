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
