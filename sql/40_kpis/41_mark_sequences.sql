-- Marks of first to fourth messages and their replies; how marks work is said in
-- 40_mark_messages.sql.

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
  -- One sequence that went on by a message or a reply, most of the time: compared without grouping.
  insert into private.kpi_sequence_changes (coach_id, at, number, sent, replied)
  select
    n.coach_id,
    m.at,
    m.number,
    m.sent,
    m.replied
  from new_rows as n
  cross join old_rows as o
  cross join
    lateral (
      values
      (
        1, n.msg1_sent_at, (o.msg1_sent_at is null)::integer,
        n.msg1_replied::integer - o.msg1_replied::integer
      ),
      (
        2, n.msg2_sent_at, (o.msg2_sent_at is null)::integer,
        n.msg2_replied::integer - o.msg2_replied::integer
      ),
      (
        3, n.msg3_sent_at, (o.msg3_sent_at is null)::integer,
        n.msg3_replied::integer - o.msg3_replied::integer
      ),
      (
        4, n.msg4_sent_at, (o.msg4_sent_at is null)::integer,
        n.msg4_replied::integer - o.msg4_replied::integer
      )
    ) as m (number, at, sent, replied)
  where
    not exists (select from new_rows offset 1)
    and n.coach_id = o.coach_id
    and (n.msg1_sent_at = o.msg1_sent_at or o.msg1_sent_at is null)
    and (n.msg2_sent_at = o.msg2_sent_at or o.msg2_sent_at is null)
    and (n.msg3_sent_at = o.msg3_sent_at or o.msg3_sent_at is null)
    and (n.msg4_sent_at = o.msg4_sent_at or o.msg4_sent_at is null)
    and m.at is not null
    and (m.sent <> 0 or m.replied <> 0);
  if found then
    return null;
  end if;
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
