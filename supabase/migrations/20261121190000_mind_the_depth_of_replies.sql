-- A trigger of somebody else's that wrote to messages when one was answered did so without
-- numbering and without marks for the KPIs. The reply is told by its depth of triggers now.
-- Locks: two triggers of public.messages are made anew: that waits for whoever writes messages, and
-- new messages wait for it, a moment each. Statement by statement, replies between the steps wake
-- the triggers, which find nothing to do.

create or replace trigger _100_update
after update on public.messages
referencing old table as old_rows new table as new_rows
for each statement when (
  pg_trigger_depth() = 0
  or current_setting('setterbase.replying', true) is distinct from pg_trigger_depth()::text
)
execute function private.tg_messages__update();

create or replace trigger _500_mark_update
after update on public.messages
referencing old table as old_rows new table as new_rows
for each statement when (
  pg_trigger_depth() = 0
  or current_setting('setterbase.replying', true) is distinct from pg_trigger_depth()::text
)
execute function private.tg_messages__mark_update();

create or replace function private.append_message(
  coach_id uuid, lead_id uuid, direction text, number integer, at timestamptz
)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_lead record;
  v_answers boolean;
  -- What set_config answers; an assignment is cheaper than a statement.
  v_setting text;
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
    -- It answers the last outbound message, unless an inbound one before it did. The triggers of
    -- messages have nothing to do with a reply, and are not even called for this one: the setting
    -- names the depth of triggers at which it is written. Somebody else's trigger that writes to
    -- messages when they are answered does so one deeper, and gets all of ours.
    v_setting := set_config('setterbase.replying', pg_trigger_depth()::text, true);
    update public.messages as m
    set
      is_replied = true,
      replied_at = append_message.at
    where
      m.id = (
        select o.id
        from public.messages as o
        where
          o.lead_id = append_message.lead_id
          and o.coach_id = append_message.coach_id
          and o.direction = 'out'
          and o.message_number = v_lead.total_messages_sent
        order by o.created_at desc
        limit 1
      )
      and not m.is_replied;
    v_answers := found;
    v_setting := set_config('setterbase.replying', '', true);
    if v_answers and v_lead.total_messages_sent <= 4 then
      update public.message_sequences as s
      set
        msg1_replied = s.msg1_replied or v_lead.total_messages_sent = 1,
        msg1_replied_at = case v_lead.total_messages_sent
          when 1 then append_message.at
          else s.msg1_replied_at
        end,
        msg2_replied = s.msg2_replied or v_lead.total_messages_sent = 2,
        msg2_replied_at = case v_lead.total_messages_sent
          when 2 then append_message.at
          else s.msg2_replied_at
        end,
        msg3_replied = s.msg3_replied or v_lead.total_messages_sent = 3,
        msg3_replied_at = case v_lead.total_messages_sent
          when 3 then append_message.at
          else s.msg3_replied_at
        end,
        msg4_replied = s.msg4_replied or v_lead.total_messages_sent = 4,
        msg4_replied_at = case v_lead.total_messages_sent
          when 4 then append_message.at
          else s.msg4_replied_at
        end
      where s.lead_id = append_message.lead_id and s.coach_id = append_message.coach_id;
    end if;
  end if;
  return true;
end;
$$;
