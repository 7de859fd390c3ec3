-- Marks of leads; how marks work is said in 40_mark_messages.sql.

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
  -- Nearly every update is of one lead whose conversation grew, and of nothing else that counts. To
  -- group one row costs as much as to write it: one row is compared with one, and a product of one
  -- and one has no bad plan.
  insert into private.kpi_message_changes (coach_id, at, sent, received, discussion_seconds)
  select
    n.coach_id,
    n.first_message_at,
    0,
    0,
    extract(epoch from n.last_message_at - o.last_message_at)
  from new_rows as n
  cross join old_rows as o
  where
    not exists (select from new_rows offset 1)
    and n.total_messages_sent > 0
    and n.total_messages_received > 0
    and n.last_message_at <> o.last_message_at
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
    return null;
  end if;

  with changes as (
    select
      r.coach_id,
      sum(r.leads) as leads,
      sum(r.discussion_seconds) as discussion_seconds,
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
    having sum(r.leads) <> 0 or sum(r.discussion_seconds) <> 0
  ),
  grown as (
    insert into private.kpi_message_changes (coach_id, at, sent, received, discussion_seconds)
    select
      c.coach_id,
      c.discussed_at,
      0,
      0,
      sum(c.discussion_seconds)
    from changes as c
    where c.leads = 0
    group by c.coach_id, c.discussed_at
  )
  insert into private.kpi_lead_changes (
    coach_id, leads, discussion_seconds, discussed_at, created_at, gender, age, has_email, status,
    deal_value, status_changed_at, qualified_at, call_proposed_at, call_booked_at,
    call_attended_at, call_no_show_at, won_at, lost_at, lead_magnet_sent_at, time_to_action_minutes,
    source, job_title, loss_reason, is_contacted, is_engaged
  )
  select
    c.coach_id,
    c.leads,
    c.discussion_seconds,
    c.discussed_at,
    c.created_at,
    c.gender,
    c.age,
    c.has_email,
    c.status,
    c.deal_value,
    c.status_changed_at,
    c.qualified_at,
    c.call_proposed_at,
    c.call_booked_at,
    c.call_attended_at,
    c.call_no_show_at,
    c.won_at,
    c.lost_at,
    c.lead_magnet_sent_at,
    c.time_to_action_minutes,
    c.source,
    c.job_title,
    c.loss_reason,
    c.is_contacted,
    c.is_engaged
  from changes as c
  where c.leads <> 0;
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
