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
