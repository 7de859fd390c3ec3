-- Marks: what each write adds to the parts of the KPIs, appended to the logs of 20_tables.sql. A
-- statement of a million rows runs one of these once. None of them joins: their plan is kept from
-- the first call in a session on, when tables may have been empty. An update adds what is so now
-- and takes away what was; what did not change sums to nothing and is not written.

create function private.tg_messages__mark_insert()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_message_changes (coach_id, at, sent, received)
  select
    n.coach_id,
    n.created_at,
    (n.direction = 'out')::integer,
    (n.direction = 'in')::integer
  from new_rows as n;
  return null;
end;
$$;

create trigger _500_mark_insert
after insert on public.messages
referencing new table as new_rows
for each statement execute function private.tg_messages__mark_insert();

create function private.tg_messages__mark_update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
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

create trigger _500_mark_update
after update on public.messages
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_messages__mark_update();

create function private.tg_messages__mark_delete()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_message_changes (coach_id, at, sent, received)
  select
    o.coach_id,
    o.created_at,
    -(o.direction = 'out')::integer,
    -(o.direction = 'in')::integer
  from old_rows as o;
  return null;
end;
$$;

create trigger _500_mark_delete
after delete on public.messages
referencing old table as old_rows
for each statement execute function private.tg_messages__mark_delete();

create function private.tg_message_sequences__mark_insert()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_sequence_changes (coach_id, at, number, sent, replied)
  select
    n.coach_id,
    m.at,
    m.number,
    m.sent,
    m.replied
  from new_rows as n
  cross join
    lateral (
      values
      (1, n.msg1_sent_at, 1, n.msg1_replied::integer),
      (2, n.msg2_sent_at, 1, n.msg2_replied::integer),
      (3, n.msg3_sent_at, 1, n.msg3_replied::integer),
      (4, n.msg4_sent_at, 1, n.msg4_replied::integer)
    ) as m (number, at, sent, replied)
  where m.at is not null;
  return null;
end;
$$;

create trigger _500_mark_insert
after insert on public.message_sequences
referencing new table as new_rows
for each statement execute function private.tg_message_sequences__mark_insert();

create function private.tg_message_sequences__mark_update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_sequence_changes (coach_id, at, number, sent, replied)
  select
    r.coach_id,
    r.at,
    r.number,
    sum(r.sent),
    sum(r.replied)
  from (
    select
      n.coach_id,
      m.at,
      m.number,
      m.sent,
      m.replied
    from new_rows as n
    cross join
      lateral (
        values
        (1, n.msg1_sent_at, 1, n.msg1_replied::integer),
        (2, n.msg2_sent_at, 1, n.msg2_replied::integer),
        (3, n.msg3_sent_at, 1, n.msg3_replied::integer),
        (4, n.msg4_sent_at, 1, n.msg4_replied::integer)
      ) as m (number, at, sent, replied)
    where m.at is not null
    union all
    select
      o.coach_id,
      m.at,
      m.number,
      m.sent,
      m.replied
    from old_rows as o
    cross join
      lateral (
        values
        (1, o.msg1_sent_at, -1, -o.msg1_replied::integer),
        (2, o.msg2_sent_at, -1, -o.msg2_replied::integer),
        (3, o.msg3_sent_at, -1, -o.msg3_replied::integer),
        (4, o.msg4_sent_at, -1, -o.msg4_replied::integer)
      ) as m (number, at, sent, replied)
    where m.at is not null
  ) as r
  group by r.coach_id, r.at, r.number
  having sum(r.sent) <> 0 or sum(r.replied) <> 0;
  return null;
end;
$$;

create trigger _500_mark_update
after update on public.message_sequences
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_message_sequences__mark_update();

create function private.tg_message_sequences__mark_delete()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_sequence_changes (coach_id, at, number, sent, replied)
  select
    o.coach_id,
    m.at,
    m.number,
    m.sent,
    m.replied
  from old_rows as o
  cross join
    lateral (
      values
      (1, o.msg1_sent_at, -1, -o.msg1_replied::integer),
      (2, o.msg2_sent_at, -1, -o.msg2_replied::integer),
      (3, o.msg3_sent_at, -1, -o.msg3_replied::integer),
      (4, o.msg4_sent_at, -1, -o.msg4_replied::integer)
    ) as m (number, at, sent, replied)
  where m.at is not null;
  return null;
end;
$$;

create trigger _500_mark_delete
after delete on public.message_sequences
referencing old table as old_rows
for each statement execute function private.tg_message_sequences__mark_delete();

create function private.tg_leads__mark_insert()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_lead_changes (
    coach_id, leads, discussion_seconds, discussed_at, created_at, gender, age, has_email, status,
    deal_value, status_changed_at, qualified_at, call_proposed_at, call_booked_at,
    call_attended_at, call_no_show_at, won_at, lost_at, lead_magnet_sent_at, time_to_action_minutes,
    source, job_title, loss_reason, is_contacted, is_engaged
  )
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
  from new_rows as n;
  return null;
end;
$$;

create trigger _500_mark_insert
after insert on public.leads
referencing new table as new_rows
for each statement execute function private.tg_leads__mark_insert();

create function private.tg_leads__mark_update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
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

create trigger _500_mark_update
after update on public.leads
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_leads__mark_update();

create function private.tg_leads__mark_delete()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_lead_changes (
    coach_id, leads, discussion_seconds, discussed_at, created_at, gender, age, has_email, status,
    deal_value, status_changed_at, qualified_at, call_proposed_at, call_booked_at,
    call_attended_at, call_no_show_at, won_at, lost_at, lead_magnet_sent_at, time_to_action_minutes,
    source, job_title, loss_reason, is_contacted, is_engaged
  )
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
  from old_rows as o;
  return null;
end;
$$;

create trigger _500_mark_delete
after delete on public.leads
referencing old table as old_rows
for each statement execute function private.tg_leads__mark_delete();

-- A new time zone moves every day of a tenant; under the id of a tenant that is gone another may
-- come, of which the marks of the first say nothing true.
create function private.tg_coachs__mark_update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_tenant_changes (coach_id, recount)
  select distinct
    r.id,
    true
  from (
    select
      n.id,
      n.timezone,
      1 as sign
    from new_rows as n
    union all
    select
      o.id,
      o.timezone,
      -1
    from old_rows as o
  ) as r
  group by r.id, r.timezone
  having sum(r.sign) <> 0;
  return null;
end;
$$;

create trigger _500_mark_update
after update on public.coachs
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_coachs__mark_update();

create function private.tg_coachs__mark_delete()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_tenant_changes (coach_id, recount)
  select
    o.id,
    true
  from old_rows as o;
  return null;
end;
$$;

create trigger _500_mark_delete
after delete on public.coachs
referencing old table as old_rows
for each statement execute function private.tg_coachs__mark_delete();

-- A tenant comes with its settings, and its assumptions show in its row.
create function private.tg_coach_settings__mark_insert()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_tenant_changes (coach_id, recount)
  select
    n.coach_id,
    false
  from new_rows as n;
  return null;
end;
$$;

create trigger _500_mark_insert
after insert on public.coach_settings
referencing new table as new_rows
for each statement execute function private.tg_coach_settings__mark_insert();

create function private.tg_coach_settings__mark_update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_tenant_changes (coach_id, recount)
  select
    n.coach_id,
    false
  from new_rows as n
  union
  select
    o.coach_id,
    false
  from old_rows as o;
  return null;
end;
$$;

create trigger _500_mark_update
after update on public.coach_settings
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_coach_settings__mark_update();

create function private.tg_coach_settings__mark_delete()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_tenant_changes (coach_id, recount)
  select
    o.coach_id,
    false
  from old_rows as o;
  return null;
end;
$$;

create trigger _500_mark_delete
after delete on public.coach_settings
referencing old table as old_rows
for each statement execute function private.tg_coach_settings__mark_delete();

-- Nobody is told which rows a truncate takes: every tenant is counted anew.
create function private.tg_mark_truncate()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_tenant_changes (coach_id, recount)
  values (null, true);
  return null;
end;
$$;

create trigger _500_mark_truncate
after truncate on public.messages
for each statement execute function private.tg_mark_truncate();

create trigger _500_mark_truncate
after truncate on public.message_sequences
for each statement execute function private.tg_mark_truncate();

create trigger _500_mark_truncate
after truncate on public.leads
for each statement execute function private.tg_mark_truncate();

create trigger _500_mark_truncate
after truncate on public.coachs
for each statement execute function private.tg_mark_truncate();

create trigger _500_mark_truncate
after truncate on public.coach_settings
for each statement execute function private.tg_mark_truncate();
