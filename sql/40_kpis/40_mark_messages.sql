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

-- No part of a KPI moves with a reply; the condition is explained in 20_coaching/40_triggers.sql.
create trigger _500_mark_update
after update on public.messages
referencing old table as old_rows new table as new_rows
for each statement when (
  pg_trigger_depth() = 0
  or current_setting('setterbase.replying', true) is distinct from pg_trigger_depth()::text
)
execute function private.tg_messages__mark_update();

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
