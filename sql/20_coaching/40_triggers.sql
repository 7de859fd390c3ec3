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

-- A reply that append_message notes is no news to it, nor to the marks of the KPIs. The setting
-- holds for that one statement at its own depth of triggers, which is never 0: nobody can write by
-- hand under it.
create trigger _100_update
after update on public.messages
referencing old table as old_rows new table as new_rows
for each statement when (
  pg_trigger_depth() = 0
  or current_setting('setterbase.replying', true) is distinct from pg_trigger_depth()::text
)
execute function private.tg_messages__update();

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
