-- Makes a message cheaper to take up, and a dashboard cheaper to read: an update of one row is
-- compared, not grouped; get_dashboard answers json instead of jsonb (ADR 15), and its board knows
-- when leads become due.
-- Locks: private.kpi_message_changes and private.kpi_boards for the moment of new columns with
-- constant defaults; no row is rewritten. get_dashboard is made anew, so a client's call waits for
-- the end of this migration.

alter table private.kpi_message_changes
add column discussion_seconds numeric not null default 0;

comment on column private.kpi_message_changes.discussion_seconds is
'By how much a conversation grew that began at that time, in a row without messages.';
comment on table private.kpi_lead_changes is
'Leads since the last refresh: 1 for one that is now so, -1 for one that was. 0 with seconds: its '
'conversation grew, and nothing else changed, in a write of several leads.';

-- Boards of before have no moments, and an earlier next_followup_at: they are right until then.
alter table private.kpi_boards
add column due_high timestamptz[] not null default '{}',
add column due_medium timestamptz[] not null default '{}',
add column due_low timestamptz[] not null default '{}',
add column due_urgent timestamptz[] not null default '{}';

comment on column private.kpi_boards.next_followup_at is
'Until then no lead of the board becomes due, or urgent, by the mere passing of time, but those '
'whose moments are kept beside it.';
comment on column private.kpi_boards.due_high is
'When leads of that priority become due after computed_at; so are due_medium and due_low.';
comment on column private.kpi_boards.due_urgent is
'When leads of the status relance rise from medium to high.';

drop function private.next_followup(uuid, timestamptz, integer, integer);

-- What time alone will do to the counts of a board, if nobody writes: who becomes due, who urgent,
-- on the days of the two thresholds, of which the index knows the day and not the moment. A reader
-- then counts moments, not leads.
create function private.upcoming_followups(
  coach_id uuid, after timestamptz, followup_after_days integer, relance_high_after_days integer
)
returns table (
  due_high timestamptz[],
  due_medium timestamptz[],
  due_low timestamptz[],
  due_urgent timestamptz[],
  until timestamptz
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_days interval := make_interval(hours => 24 * upcoming_followups.followup_after_days);
  v_high interval := make_interval(hours => 24 * greatest(
    upcoming_followups.followup_after_days, upcoming_followups.relance_high_after_days
  ));
  v_after timestamptz := upcoming_followups.after - v_days;
  v_high_after timestamptz := upcoming_followups.after - v_high;
  v_day date := (v_after at time zone 'UTC')::date;
  v_high_day date := (v_high_after at time zone 'UTC')::date;
begin
  return query
  select
    coalesce(
      array_agg(d.at order by d.at) filter (where d.status in ('qualified', 'call_proposed')), '{}'
    ),
    coalesce(
      array_agg(d.at order by d.at) filter (where d.status in ('engaged', 'relance')), '{}'
    ),
    coalesce(array_agg(d.at order by d.at) filter (where d.status = 'new'), '{}'),
    coalesce(array_agg(d.at order by d.at) filter (where d.status = 'urgent'), '{}'),
    least(
      (v_day + 1)::timestamp at time zone 'UTC' + v_days,
      (v_high_day + 1)::timestamp at time zone 'UTC' + v_high
    )
  from (
    select
      l.status,
      coalesce(l.last_message_at, l.created_at) + v_days as at
    from public.leads as l
    where
      l.coach_id = upcoming_followups.coach_id
      and l.status in ('new', 'engaged', 'qualified', 'call_proposed', 'relance')
      and l.silent_on = v_day
      and coalesce(l.last_message_at, l.created_at) > v_after
    union all
    select
      'urgent',
      coalesce(l.last_message_at, l.created_at) + v_high
    from public.leads as l
    where
      l.coach_id = upcoming_followups.coach_id
      and l.status = 'relance'
      and l.silent_on = v_high_day
      and coalesce(l.last_message_at, l.created_at) > v_high_after
  ) as d;
end;
$$;

comment on function private.upcoming_followups(uuid, timestamptz, integer, integer) is
'The moments after `after` when leads become due, by priority, or urgent; all before `until`.';

-- How many of these moments have come.
create function private.come(moments timestamptz[], as_of timestamptz)
returns bigint
language sql
immutable
set search_path = pg_catalog, pg_temp
return (
  select count(*)
  from unnest(come.moments) as m (at)
  where m.at <= come.as_of
);

comment on function private.come(timestamptz[], timestamptz) is
'How many of these moments are not after another.';

revoke execute on function private.upcoming_followups(uuid, timestamptz, integer, integer)
from public;
revoke execute on function private.come(timestamptz[], timestamptz) from public;

-- Definer for the same reason. One's own tenant first (its id is the user's id), else the oldest
-- membership.
create or replace function private.my_coach_id()
returns uuid
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_user_id uuid := private.my_user_id();
begin
  return (
    select m.coach_id
    from public.memberships as m
    inner join public.coachs as c on m.coach_id = c.id
    where
      m.user_id = v_user_id
      and ((m.active and c.status = 'active') or private.is_platform_admin())
    order by m.coach_id = m.user_id desc, m.created_at asc, m.coach_id asc
    limit 1
  );
end;
$$;

-- Takes up one message that has been inserted with the number that its lead's counters gave it.
-- False, and nothing done, when it was no append or another writer came first.
create or replace function private.append_message(
  coach_id uuid, lead_id uuid, direction text, number integer, at timestamptz
)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_lead record;
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
    if found and v_lead.total_messages_sent <= 4 then
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

create or replace function private.tg_messages__update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_by_hand boolean := pg_trigger_depth() = 1;
  v_leads uuid [];
begin
  -- One message that was answered, as most of the time: compared without grouping.
  if not v_by_hand and exists (
    select
    from new_rows as n
    cross join old_rows as o
    where
      not exists (select from new_rows offset 1)
      and (n.id, n.lead_id, n.direction, n.created_at) = (o.id, o.lead_id, o.direction, o.created_at)
  ) then
    return null;
  end if;
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

create or replace function private.tg_messages__mark_update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- One message that was answered, most of the time: no part of a KPI moves with that.
  if exists (
    select
    from new_rows as n
    cross join old_rows as o
    where
      not exists (select from new_rows offset 1)
      and (n.coach_id, n.created_at, n.direction) = (o.coach_id, o.created_at, o.direction)
  ) then
    return null;
  end if;
  insert into private.kpi_message_changes (coach_id, at, sent, received)
  select
    r.coach_id,
    r.created_at,
    sum(r.sent),
    sum(r.received)
  from (
    select
      n.coach_id,
      n.created_at,
      (n.direction = 'out')::integer as sent,
      (n.direction = 'in')::integer as received
    from new_rows as n
    union all
    select
      o.coach_id,
      o.created_at,
      -(o.direction = 'out')::integer,
      -(o.direction = 'in')::integer
    from old_rows as o
  ) as r
  group by r.coach_id, r.created_at
  having sum(r.sent) <> 0 or sum(r.received) <> 0;
  return null;
end;
$$;

create or replace function private.tg_leads__mark_update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_grown record;
begin
  -- Nearly every update is of one lead whose conversation grew, and of nothing else that counts. To
  -- group one row costs as much as to write it: one row is compared with one, and a product of one
  -- and one has no bad plan.
  select
    n.coach_id,
    n.first_message_at,
    case
      when n.total_messages_sent > 0 and n.total_messages_received > 0
        then extract(epoch from n.last_message_at - o.last_message_at)
      else 0
    end as seconds
  into v_grown
  from new_rows as n
  cross join old_rows as o
  where
    not exists (select from new_rows offset 1)
    and (
      n.coach_id, n.created_at, n.gender, n.age, n.status, n.deal_value, n.status_changed_at,
      n.qualified_at, n.call_proposed_at, n.call_booked_at, n.call_attended_at, n.call_no_show_at,
      n.won_at, n.lost_at, n.lead_magnet_sent_at, n.time_to_action_minutes, n.source, n.job_title,
      n.loss_reason, n.first_message_at, n.email is null, n.engaged_at is null,
      n.total_messages_sent > 0, n.total_messages_received > 0
    ) is not distinct from (
      o.coach_id, o.created_at, o.gender, o.age, o.status, o.deal_value, o.status_changed_at,
      o.qualified_at, o.call_proposed_at, o.call_booked_at, o.call_attended_at, o.call_no_show_at,
      o.won_at, o.lost_at, o.lead_magnet_sent_at, o.time_to_action_minutes, o.source, o.job_title,
      o.loss_reason, o.first_message_at, o.email is null, o.engaged_at is null,
      o.total_messages_sent > 0, o.total_messages_received > 0
    );
  if found then
    if v_grown.seconds <> 0 then
      insert into private.kpi_message_changes (coach_id, at, sent, received, discussion_seconds)
      values (v_grown.coach_id, v_grown.first_message_at, 0, 0, v_grown.seconds);
    end if;
    return null;
  end if;

  insert into private.kpi_lead_changes (
    coach_id, leads, discussion_seconds, discussed_at, created_at, gender, age, has_email, status,
    deal_value, status_changed_at, qualified_at, call_proposed_at, call_booked_at,
    call_attended_at, call_no_show_at, won_at, lost_at, lead_magnet_sent_at, time_to_action_minutes,
    source, job_title, loss_reason, is_contacted, is_engaged
  )
  select
    r.coach_id,
    sum(r.leads),
    sum(r.discussion_seconds),
    r.discussed_at,
    r.created_at,
    r.gender,
    r.age,
    r.has_email,
    r.status,
    r.deal_value,
    r.status_changed_at,
    r.qualified_at,
    r.call_proposed_at,
    r.call_booked_at,
    r.call_attended_at,
    r.call_no_show_at,
    r.won_at,
    r.lost_at,
    r.lead_magnet_sent_at,
    r.time_to_action_minutes,
    r.source,
    r.job_title,
    r.loss_reason,
    r.is_contacted,
    r.is_engaged
  from (
    select
      n.coach_id,
      1 as leads,
      case
        when n.total_messages_sent > 0 and n.total_messages_received > 0
          then extract(epoch from n.last_message_at - n.first_message_at)
        else 0
      end as discussion_seconds,
      case
        when n.total_messages_sent > 0 and n.total_messages_received > 0
          then n.first_message_at
      end as discussed_at,
      n.created_at,
      n.gender,
      n.age,
      n.email is not null as has_email,
      n.status,
      n.deal_value,
      n.status_changed_at,
      n.qualified_at,
      n.call_proposed_at,
      n.call_booked_at,
      n.call_attended_at,
      n.call_no_show_at,
      n.won_at,
      n.lost_at,
      n.lead_magnet_sent_at,
      n.time_to_action_minutes,
      n.source,
      n.job_title,
      n.loss_reason,
      n.total_messages_sent > 0 as is_contacted,
      n.engaged_at is not null as is_engaged
    from new_rows as n
    union all
    select
      o.coach_id,
      -1 as leads,
      case
        when o.total_messages_sent > 0 and o.total_messages_received > 0
          then -extract(epoch from o.last_message_at - o.first_message_at)
        else 0
      end as discussion_seconds,
      case
        when o.total_messages_sent > 0 and o.total_messages_received > 0
          then o.first_message_at
      end as discussed_at,
      o.created_at,
      o.gender,
      o.age,
      o.email is not null as has_email,
      o.status,
      o.deal_value,
      o.status_changed_at,
      o.qualified_at,
      o.call_proposed_at,
      o.call_booked_at,
      o.call_attended_at,
      o.call_no_show_at,
      o.won_at,
      o.lost_at,
      o.lead_magnet_sent_at,
      o.time_to_action_minutes,
      o.source,
      o.job_title,
      o.loss_reason,
      o.total_messages_sent > 0 as is_contacted,
      o.engaged_at is not null as is_engaged
    from old_rows as o
  ) as r
  group by
    r.coach_id, r.discussed_at, r.created_at, r.gender, r.age, r.has_email, r.status, r.deal_value,
    r.status_changed_at, r.qualified_at, r.call_proposed_at, r.call_booked_at, r.call_attended_at,
    r.call_no_show_at, r.won_at, r.lost_at, r.lead_magnet_sent_at, r.time_to_action_minutes,
    r.source, r.job_title, r.loss_reason, r.is_contacted, r.is_engaged
  having sum(r.leads) <> 0 or sum(r.discussion_seconds) <> 0;
  return null;
end;
$$;

-- Takes every mark out of the logs, adds it to the days and totals that it belongs to, and says how
-- many there were, on how many days and of which tenants. One statement: marks that it does not see
-- are left for the next one, whole writes at a time. A mark of a tenant that is gone adds nothing.
create or replace function private.add_kpi_changes(
  out changes bigint, out days bigint, out tenants uuid[], out reshaped uuid[]
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_emptied_coach_ids uuid [];
  v_emptied_dates date [];
  v_winners uuid [];
begin
  with
  message_changes as (
    delete from private.kpi_message_changes as m
    returning m.*
  ),
  sequence_changes as (
    delete from private.kpi_sequence_changes as s
    returning s.*
  ),
  lead_changes as (
    delete from private.kpi_lead_changes as l
    returning l.*
  ),
  -- The zone of the days as they were counted: a new one waits for its recount.
  zones as (
    select
      c.id as coach_id,
      coalesce(t.timezone, c.timezone) as timezone
    from public.coachs as c
    left join private.kpi_totals as t on c.id = t.coach_id
  ),
  message_days as (
    select
      m.coach_id,
      (m.at at time zone z.timezone)::date as date,
      sum(m.sent) as messages_sent,
      sum(m.received) as messages_received,
      sum(m.discussion_seconds) as discussion_seconds
    from message_changes as m
    inner join zones as z on m.coach_id = z.coach_id
    group by m.coach_id, (m.at at time zone z.timezone)::date
  ),
  sequence_days as (
    select
      s.coach_id,
      (s.at at time zone z.timezone)::date as date,
      sum(s.sent) filter (where s.number = 1) as msg1_sent,
      sum(s.replied) filter (where s.number = 1) as msg1_replied,
      sum(s.sent) filter (where s.number = 2) as msg2_sent,
      sum(s.replied) filter (where s.number = 2) as msg2_replied,
      sum(s.sent) filter (where s.number = 3) as msg3_sent,
      sum(s.replied) filter (where s.number = 3) as msg3_replied,
      sum(s.sent) filter (where s.number = 4) as msg4_sent,
      sum(s.replied) filter (where s.number = 4) as msg4_replied
    from sequence_changes as s
    inner join zones as z on s.coach_id = z.coach_id
    group by s.coach_id, (s.at at time zone z.timezone)::date
  ),
  -- A lead that was written several times was in between what the next write took away, and what the
  -- lists alone count cancels out here.
  counted as (
    select
      l.coach_id,
      l.discussed_at,
      l.created_at,
      l.gender,
      l.age,
      l.has_email,
      l.status,
      l.deal_value,
      l.status_changed_at,
      l.qualified_at,
      l.call_proposed_at,
      l.call_booked_at,
      l.call_attended_at,
      l.call_no_show_at,
      l.won_at,
      l.lost_at,
      l.lead_magnet_sent_at,
      l.time_to_action_minutes,
      sum(l.leads) as leads,
      sum(l.discussion_seconds) as discussion_seconds
    from lead_changes as l
    group by
      l.coach_id, l.discussed_at, l.created_at, l.gender, l.age, l.has_email, l.status,
      l.deal_value, l.status_changed_at, l.qualified_at, l.call_proposed_at, l.call_booked_at,
      l.call_attended_at, l.call_no_show_at, l.won_at, l.lost_at, l.lead_magnet_sent_at,
      l.time_to_action_minutes
    having sum(l.leads) <> 0 or sum(l.discussion_seconds) <> 0
  ),
  -- A lead once for each thing that happened to it, as in count_days.
  moments as materialized (
    select
      l.*,
      moment.kind,
      moment.at at time zone z.timezone as local_at
    from counted as l
    inner join zones as z on l.coach_id = z.coach_id
    cross join
      lateral (
        select
          k.kind,
          k.at
        from (
          values
          ('created', l.created_at),
          (
            'relance',
            case when l.status = 'relance' then coalesce(l.status_changed_at, l.created_at) end
          ),
          ('won', l.won_at),
          ('lost', case when l.status = 'lost' then l.lost_at end),
          ('qualified', l.qualified_at),
          ('call_proposed', l.call_proposed_at),
          ('call_booked', l.call_booked_at),
          ('call_due', least(l.call_attended_at, l.call_no_show_at)),
          ('no_show', l.call_no_show_at),
          ('lead_magnet', l.lead_magnet_sent_at),
          (
            'action',
            case
              when l.time_to_action_minutes is not null
                then coalesce(l.call_booked_at, l.created_at)
            end
          )
        ) as k (kind, at)
        where l.leads <> 0 and k.at is not null
        union all
        select
          'discussion',
          l.discussed_at
        where l.discussed_at is not null
      ) as moment
  ),
  lead_days as (
    select
      m.coach_id,
      m.local_at::date as date,
      sum(m.leads) filter (where m.kind = 'created') as leads,
      sum(m.leads) filter (where m.kind = 'created' and m.gender = 'male') as males,
      sum(m.leads) filter (where m.kind = 'created' and m.gender = 'female') as females,
      sum(m.leads) filter (where m.kind = 'created' and m.gender = 'other') as others,
      sum(m.leads * m.age) filter (where m.kind = 'created') as age_sum,
      sum(m.leads) filter (where m.kind = 'created' and m.age is not null) as ages,
      sum(m.leads) filter (where m.kind = 'created' and m.has_email) as emails,
      sum(m.leads) filter (where m.kind = 'created' and m.status = 'new') as new_leads,
      sum(m.leads) filter (where m.kind = 'created' and m.status = 'engaged') as engaged_leads,
      sum(m.leads) filter (where m.kind = 'relance') as relance_leads,
      sum(m.leads) filter (where m.kind = 'won' and m.status = 'won') as won_leads,
      sum(m.leads) filter (where m.kind = 'lost') as lost_leads,
      sum(m.leads * m.deal_value) filter (where m.kind = 'won' and m.status = 'won') as revenue,
      sum(m.leads) filter (
        where m.kind = 'won' and m.status = 'won' and m.deal_value is not null
      ) as deals,
      sum(m.leads) filter (where m.kind = 'discussion') as discussions,
      sum(m.discussion_seconds) filter (where m.kind = 'discussion') as discussion_seconds,
      sum(m.leads) filter (where m.kind = 'qualified') as qualified_leads,
      sum(m.leads) filter (where m.kind = 'call_proposed') as calls_proposed,
      sum(m.leads) filter (where m.kind = 'call_booked') as calls_booked,
      sum(m.leads) filter (where m.kind = 'call_due') as calls_due,
      sum(m.leads) filter (where m.kind = 'no_show') as no_shows,
      sum(m.leads) filter (where m.kind = 'lead_magnet') as lead_magnets,
      sum(m.leads) filter (where m.kind = 'action') as timed_actions,
      sum(m.leads * m.time_to_action_minutes) filter (where m.kind = 'action') as action_minutes
    from moments as m
    group by m.coach_id, m.local_at::date
  ),
  -- The hours of the wins of a day, with those that came and without those that went.
  wins as (
    select
      m.coach_id,
      m.local_at::date as date,
      extract(hour from m.local_at)::integer as hour,
      sum(m.leads) as wins
    from moments as m
    where m.kind = 'won'
    group by m.coach_id, m.local_at::date, extract(hour from m.local_at)::integer
    having sum(m.leads) <> 0
  ),
  win_days as (
    select
      h.coach_id,
      h.date,
      coalesce(
        array_agg(h.hour order by h.hour) filter (where n.number is not null), '{}'
      ) as win_hours
    from (
      select
        w.coach_id,
        w.date,
        w.hour,
        sum(w.wins)::integer as wins
      from (
        select wins.* from wins
        union all
        select
          d.coach_id,
          d.date,
          x.hour,
          1
        from public.kpi_daily as d
        cross join lateral unnest(d.win_hours) as x (hour)
        where (d.coach_id, d.date) in (select wins.coach_id, wins.date from wins)
      ) as w
      group by w.coach_id, w.date, w.hour
    ) as h
    left join lateral generate_series(1, h.wins) as n (number) on true
    group by h.coach_id, h.date
  ),
  changed as materialized (
    select
      coach_id,
      date,
      coalesce(m.messages_sent, 0) as messages_sent,
      coalesce(m.messages_received, 0) as messages_received,
      coalesce(l.leads, 0) as leads,
      coalesce(l.males, 0) as males,
      coalesce(l.females, 0) as females,
      coalesce(l.others, 0) as others,
      coalesce(l.age_sum, 0) as age_sum,
      coalesce(l.ages, 0) as ages,
      coalesce(l.emails, 0) as emails,
      coalesce(l.new_leads, 0) as new_leads,
      coalesce(l.engaged_leads, 0) as engaged_leads,
      coalesce(l.relance_leads, 0) as relance_leads,
      coalesce(l.won_leads, 0) as won_leads,
      coalesce(l.lost_leads, 0) as lost_leads,
      coalesce(l.revenue, 0) as revenue,
      coalesce(l.deals, 0) as deals,
      coalesce(s.msg1_sent, 0) as msg1_sent,
      coalesce(s.msg1_replied, 0) as msg1_replied,
      coalesce(s.msg2_sent, 0) as msg2_sent,
      coalesce(s.msg2_replied, 0) as msg2_replied,
      coalesce(s.msg3_sent, 0) as msg3_sent,
      coalesce(s.msg3_replied, 0) as msg3_replied,
      coalesce(s.msg4_sent, 0) as msg4_sent,
      coalesce(s.msg4_replied, 0) as msg4_replied,
      coalesce(l.discussions, 0) as discussions,
      coalesce(l.discussion_seconds, 0) + coalesce(m.discussion_seconds, 0) as discussion_seconds,
      coalesce(l.qualified_leads, 0) as qualified_leads,
      coalesce(l.calls_proposed, 0) as calls_proposed,
      coalesce(l.calls_booked, 0) as calls_booked,
      coalesce(l.calls_due, 0) as calls_due,
      coalesce(l.no_shows, 0) as no_shows,
      coalesce(l.lead_magnets, 0) as lead_magnets,
      coalesce(l.timed_actions, 0) as timed_actions,
      coalesce(l.action_minutes, 0) as action_minutes,
      w.win_hours
    from message_days as m
    full join sequence_days as s using (coach_id, date)
    full join lead_days as l using (coach_id, date)
    full join win_days as w using (coach_id, date)
  ),
  written as (
    insert into public.kpi_daily as d
    select
      n.coach_id,
      n.date,
      n.messages_sent,
      n.messages_received,
      n.leads,
      n.males,
      n.females,
      n.others,
      n.age_sum,
      n.ages,
      n.emails,
      n.new_leads,
      n.engaged_leads,
      n.relance_leads,
      n.won_leads,
      n.lost_leads,
      n.revenue,
      n.deals,
      n.msg1_sent,
      n.msg1_replied,
      n.msg2_sent,
      n.msg2_replied,
      n.msg3_sent,
      n.msg3_replied,
      n.msg4_sent,
      n.msg4_replied,
      n.discussions,
      n.discussion_seconds,
      n.qualified_leads,
      n.calls_proposed,
      n.calls_booked,
      n.calls_due,
      n.no_shows,
      n.lead_magnets,
      n.timed_actions,
      n.action_minutes,
      coalesce(n.win_hours, old.win_hours, '{}')
    from changed as n
    left join public.kpi_daily as old on n.coach_id = old.coach_id and n.date = old.date
    on conflict (coach_id, date) do update
      set
        messages_sent = d.messages_sent + excluded.messages_sent,
        messages_received = d.messages_received + excluded.messages_received,
        leads = d.leads + excluded.leads,
        males = d.males + excluded.males,
        females = d.females + excluded.females,
        others = d.others + excluded.others,
        age_sum = d.age_sum + excluded.age_sum,
        ages = d.ages + excluded.ages,
        emails = d.emails + excluded.emails,
        new_leads = d.new_leads + excluded.new_leads,
        engaged_leads = d.engaged_leads + excluded.engaged_leads,
        relance_leads = d.relance_leads + excluded.relance_leads,
        won_leads = d.won_leads + excluded.won_leads,
        lost_leads = d.lost_leads + excluded.lost_leads,
        revenue = d.revenue + excluded.revenue,
        deals = d.deals + excluded.deals,
        msg1_sent = d.msg1_sent + excluded.msg1_sent,
        msg1_replied = d.msg1_replied + excluded.msg1_replied,
        msg2_sent = d.msg2_sent + excluded.msg2_sent,
        msg2_replied = d.msg2_replied + excluded.msg2_replied,
        msg3_sent = d.msg3_sent + excluded.msg3_sent,
        msg3_replied = d.msg3_replied + excluded.msg3_replied,
        msg4_sent = d.msg4_sent + excluded.msg4_sent,
        msg4_replied = d.msg4_replied + excluded.msg4_replied,
        discussions = d.discussions + excluded.discussions,
        discussion_seconds = d.discussion_seconds + excluded.discussion_seconds,
        qualified_leads = d.qualified_leads + excluded.qualified_leads,
        calls_proposed = d.calls_proposed + excluded.calls_proposed,
        calls_booked = d.calls_booked + excluded.calls_booked,
        calls_due = d.calls_due + excluded.calls_due,
        no_shows = d.no_shows + excluded.no_shows,
        lead_magnets = d.lead_magnets + excluded.lead_magnets,
        timed_actions = d.timed_actions + excluded.timed_actions,
        action_minutes = d.action_minutes + excluded.action_minutes,
        win_hours = excluded.win_hours
    returning
      d.coach_id,
      d.date,
      -- Every other part is some of one of these.
      greatest(
        d.messages_sent, d.messages_received, d.leads, d.relance_leads, d.won_leads, d.lost_leads,
        d.msg1_sent, d.msg2_sent, d.msg3_sent, d.msg4_sent, d.discussions, d.qualified_leads,
        d.calls_proposed, d.calls_booked, d.calls_due, d.no_shows, d.lead_magnets,
        d.timed_actions, cardinality(d.win_hours)
      ) = 0 as is_empty
  ),
  totals as (
    insert into private.kpi_totals as t (
      coach_id, timezone,
      messages_sent, messages_received, leads, males, females, others, age_sum, ages, emails,
      new_leads, engaged_leads, relance_leads, won_leads, lost_leads, revenue, deals, msg1_sent,
      msg1_replied, msg2_sent, msg2_replied, msg3_sent, msg3_replied, msg4_sent, msg4_replied,
      discussions, discussion_seconds, qualified_leads, calls_proposed, calls_booked, calls_due,
      no_shows, lead_magnets, timed_actions, action_minutes
    )
    select
      n.coach_id,
      z.timezone,
      sum(n.messages_sent),
      sum(n.messages_received),
      sum(n.leads),
      sum(n.males),
      sum(n.females),
      sum(n.others),
      sum(n.age_sum),
      sum(n.ages),
      sum(n.emails),
      sum(n.new_leads),
      sum(n.engaged_leads),
      sum(n.relance_leads),
      sum(n.won_leads),
      sum(n.lost_leads),
      sum(n.revenue),
      sum(n.deals),
      sum(n.msg1_sent),
      sum(n.msg1_replied),
      sum(n.msg2_sent),
      sum(n.msg2_replied),
      sum(n.msg3_sent),
      sum(n.msg3_replied),
      sum(n.msg4_sent),
      sum(n.msg4_replied),
      sum(n.discussions),
      sum(n.discussion_seconds),
      sum(n.qualified_leads),
      sum(n.calls_proposed),
      sum(n.calls_booked),
      sum(n.calls_due),
      sum(n.no_shows),
      sum(n.lead_magnets),
      sum(n.timed_actions),
      sum(n.action_minutes)
    from changed as n
    inner join zones as z on n.coach_id = z.coach_id
    group by n.coach_id, z.timezone
    on conflict (coach_id) do update
      set
        messages_sent = t.messages_sent + excluded.messages_sent,
        messages_received = t.messages_received + excluded.messages_received,
        leads = t.leads + excluded.leads,
        males = t.males + excluded.males,
        females = t.females + excluded.females,
        others = t.others + excluded.others,
        age_sum = t.age_sum + excluded.age_sum,
        ages = t.ages + excluded.ages,
        emails = t.emails + excluded.emails,
        new_leads = t.new_leads + excluded.new_leads,
        engaged_leads = t.engaged_leads + excluded.engaged_leads,
        relance_leads = t.relance_leads + excluded.relance_leads,
        won_leads = t.won_leads + excluded.won_leads,
        lost_leads = t.lost_leads + excluded.lost_leads,
        revenue = t.revenue + excluded.revenue,
        deals = t.deals + excluded.deals,
        msg1_sent = t.msg1_sent + excluded.msg1_sent,
        msg1_replied = t.msg1_replied + excluded.msg1_replied,
        msg2_sent = t.msg2_sent + excluded.msg2_sent,
        msg2_replied = t.msg2_replied + excluded.msg2_replied,
        msg3_sent = t.msg3_sent + excluded.msg3_sent,
        msg3_replied = t.msg3_replied + excluded.msg3_replied,
        msg4_sent = t.msg4_sent + excluded.msg4_sent,
        msg4_replied = t.msg4_replied + excluded.msg4_replied,
        discussions = t.discussions + excluded.discussions,
        discussion_seconds = t.discussion_seconds + excluded.discussion_seconds,
        qualified_leads = t.qualified_leads + excluded.qualified_leads,
        calls_proposed = t.calls_proposed + excluded.calls_proposed,
        calls_booked = t.calls_booked + excluded.calls_booked,
        calls_due = t.calls_due + excluded.calls_due,
        no_shows = t.no_shows + excluded.no_shows,
        lead_magnets = t.lead_magnets + excluded.lead_magnets,
        timed_actions = t.timed_actions + excluded.timed_actions,
        action_minutes = t.action_minutes + excluded.action_minutes
  )
  select
    (select count(*) from message_changes)
    + (select count(*) from sequence_changes)
    + (select count(*) from lead_changes),
    (select count(*) from written),
    array(
      select m.coach_id from message_changes as m
      union
      select s.coach_id from sequence_changes as s
      union
      select l.coach_id from lead_changes as l
    ),
    array(select distinct l.coach_id from lead_changes as l where l.leads <> 0),
    (select array_agg(w.coach_id order by w.coach_id, w.date) from written as w where w.is_empty),
    (select array_agg(w.date order by w.coach_id, w.date) from written as w where w.is_empty),
    (select array_agg(distinct w.coach_id) from wins as w)
  into changes, days, tenants, reshaped, v_emptied_coach_ids, v_emptied_dates, v_winners;

  if v_emptied_dates is not null then
    delete from public.kpi_daily as d
    using unnest(v_emptied_coach_ids, v_emptied_dates) as e (coach_id, date)
    where d.coach_id = e.coach_id and d.date = e.date;
  end if;
  if v_winners is not null then
    perform private.find_best_hours(v_winners);
  end if;
end;
$$;

-- `touched` are the tenants of which anything changed; of them `reshaped` those of which a lead
-- came or went, or changed what the lists count. Null: every tenant. An empty array: none. It reads
-- coach_dashboard_kpis, which must have been refreshed.
create or replace function private.refresh_boards(
  touched uuid[] default null, reshaped uuid[] default null
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_touched uuid[] := coalesce(
    refresh_boards.touched, array(select c.id from public.coachs as c)
  );
  v_reshaped uuid[] := coalesce(refresh_boards.reshaped, v_touched);
begin
  insert into private.kpi_boards as b (
    coach_id,
    computed_at,
    kpis,
    followup_after_days,
    relance_high_after_days,
    followups_high,
    followups_medium,
    followups_low,
    next_followup_at,
    due_high,
    due_medium,
    due_low,
    due_urgent
  )
  select
    s.coach_id,
    now(),
    private.kpi_cards(to_jsonb(k), k.estimated_kpis),
    s.followup_after_days,
    s.relance_high_after_days,
    n.high,
    n.medium,
    n.low,
    u.until,
    u.due_high,
    u.due_medium,
    u.due_low,
    u.due_urgent
  from unnest(v_touched) as t (id)
  inner join public.coach_settings as s on t.id = s.coach_id
  inner join private.coach_dashboard_kpis as k on t.id = k.coach_id
  cross join
    lateral private.count_followups(
      s.coach_id, '-infinity', now(), s.followup_after_days, s.relance_high_after_days
    ) as n
  cross join
    lateral private.upcoming_followups(
      s.coach_id, now(), s.followup_after_days, s.relance_high_after_days
    ) as u
  on conflict (coach_id) do update
    set
      computed_at = excluded.computed_at,
      kpis = excluded.kpis,
      followup_after_days = excluded.followup_after_days,
      relance_high_after_days = excluded.relance_high_after_days,
      followups_high = excluded.followups_high,
      followups_medium = excluded.followups_medium,
      followups_low = excluded.followups_low,
      next_followup_at = excluded.next_followup_at,
      due_high = excluded.due_high,
      due_medium = excluded.due_medium,
      due_low = excluded.due_low,
      due_urgent = excluded.due_urgent;

  update private.kpi_boards as b
  set
    funnel = l.funnel,
    top_sources = l.top_sources,
    top_professions = l.top_professions,
    loss_reasons = l.loss_reasons
  from private.lead_boards(v_reshaped) as l
  where b.coach_id = l.coach_id;
end;
$$;

drop function public.get_dashboard(uuid, timestamptz, boolean);
drop function private.dashboard(uuid, timestamptz, boolean);

-- Definer after a check, and plpgsql, for the reasons given in 36_followups.sql. One call is one
-- statement of its caller's, so that all its parts are of one snapshot. json, not jsonb: the answer
-- is read once, and each step of making a jsonb copies all that was made before it (ADR 15).
create function private.dashboard(coach_id uuid, as_of timestamptz, live boolean)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_coach_id uuid;
  v_coach public.coachs;
  v_today date;
  v_board record;
begin
  if dashboard.coach_id is null then
    v_coach_id := private.my_coach_id();
  elsif private.reads_tenant(dashboard.coach_id) then
    v_coach_id := dashboard.coach_id;
  end if;
  perform private.check_moment(dashboard.as_of);
  select c.* into v_coach from public.coachs as c where c.id = v_coach_id;
  if not found then
    return null;
  end if;
  v_today := (dashboard.as_of at time zone v_coach.timezone)::date;

  if dashboard.live then
    select
      now() as last_updated,
      private.kpi_cards(to_jsonb(k), k.estimated_kpis) as kpis,
      l.funnel,
      l.top_sources,
      l.top_professions,
      l.loss_reasons,
      n.high as followups_high,
      n.medium as followups_medium,
      n.low as followups_low,
      d.today as leads_today,
      d.week as leads_week
    into v_board
    from public.coach_dashboard_kpis_live as k
    inner join public.coach_settings as s on k.coach_id = s.coach_id
    cross join lateral private.lead_boards(array[k.coach_id]) as l
    cross join
      lateral private.count_followups(
        k.coach_id, '-infinity', dashboard.as_of, s.followup_after_days, s.relance_high_after_days
      ) as n
    cross join
      lateral (
        select
          count(*) filter (where (e.created_at at time zone v_coach.timezone)::date = v_today) as today,
          count(*) as week
        from public.leads as e
        where
          e.coach_id = v_coach.id
          -- Two days more than a week of any time zone, by the index; then the days of this one.
          and e.created_at >= v_today::timestamp at time zone 'UTC' - interval '8 days'
          and e.created_at < v_today::timestamp at time zone 'UTC' + interval '3 days'
          and (e.created_at at time zone v_coach.timezone)::date between v_today - 6 and v_today
      ) as d
    where k.coach_id = v_coach.id;
  else
    select
      b.*,
      (select max(r.finished_at) from private.kpi_refreshes as r) as last_updated,
      d.today as leads_today,
      d.week as leads_week
    into v_board
    from private.kpi_boards as b
    cross join
      lateral (
        select
          coalesce(sum(k.leads) filter (where k.date = v_today), 0)::bigint as today,
          coalesce(sum(k.leads), 0)::bigint as week
        from public.kpi_daily as k
        where k.coach_id = b.coach_id and k.date between v_today - 6 and v_today
      ) as d
    where b.coach_id = v_coach.id;
    if not found then
      return null; -- no refresh has seen this tenant yet
    end if;
    if dashboard.as_of < v_board.computed_at or dashboard.as_of >= v_board.next_followup_at then
      -- The board is too old to know what time alone has done since, or one looks back.
      select
        v_board.followups_high + n.high,
        v_board.followups_medium + n.medium,
        v_board.followups_low + n.low
      into v_board.followups_high, v_board.followups_medium, v_board.followups_low
      from private.count_followups(
        v_coach.id,
        v_board.computed_at,
        dashboard.as_of,
        v_board.followup_after_days,
        v_board.relance_high_after_days
      ) as n;
    else
      v_board.followups_high := v_board.followups_high
        + private.come(v_board.due_high, dashboard.as_of)
        + private.come(v_board.due_urgent, dashboard.as_of);
      v_board.followups_medium := v_board.followups_medium
        + private.come(v_board.due_medium, dashboard.as_of)
        - private.come(v_board.due_urgent, dashboard.as_of);
      v_board.followups_low := v_board.followups_low
        + private.come(v_board.due_low, dashboard.as_of);
    end if;
  end if;

  return json_build_object(
    'coach', json_build_object(
      'id', v_coach.id,
      'name', v_coach.name,
      'specialty', v_coach.specialty,
      'timezone', v_coach.timezone,
      'currency', v_coach.currency
    ),
    'as_of', dashboard.as_of,
    'today', v_today,
    'last_updated', v_board.last_updated,
    'kpis', v_board.kpis || jsonb_build_object(
      'leads_today',
      v_board.kpis -> 'leads_today' || jsonb_build_object('value', v_board.leads_today),
      'leads_week',
      v_board.kpis -> 'leads_week' || jsonb_build_object('value', v_board.leads_week)
    ),
    'funnel', v_board.funnel,
    'top_sources', v_board.top_sources,
    'top_professions', v_board.top_professions,
    'loss_reasons', v_board.loss_reasons,
    'followups', json_build_object(
      'high', greatest(v_board.followups_high, 0),
      'medium', greatest(v_board.followups_medium, 0),
      'low', greatest(v_board.followups_low, 0)
    ),
    'leads_to_followup', (
      select coalesce(json_agg(f), '[]')
      from private.list_followups(v_coach.id, dashboard.as_of, 50) as f
    )
  );
end;
$$;

comment on function private.dashboard(uuid, timestamptz, boolean) is
'Definer after a check: what public.get_dashboard answers.';

create function public.get_dashboard(
  coach_id uuid default null, as_of timestamptz default now(), live boolean default false
)
returns json
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select private.dashboard(get_dashboard.coach_id, get_dashboard.as_of, get_dashboard.live);
end;

comment on function public.get_dashboard(uuid, timestamptz, boolean) is
'Everything that a dashboard shows, in one call: each KPI as {value, unit, is_estimate, badge},'
' funnel, tops, loss reasons, follow-ups (the first 50), all as of the last refresh. live computes '
'now instead.';

revoke execute on function private.dashboard(uuid, timestamptz, boolean) from public;
grant execute on function private.dashboard(uuid, timestamptz, boolean)
to authenticated, service_role;
revoke all on function public.get_dashboard(uuid, timestamptz, boolean)
from public, anon, authenticated, service_role;
grant execute on function public.get_dashboard(uuid, timestamptz, boolean)
to authenticated, service_role;
