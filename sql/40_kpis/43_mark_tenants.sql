-- Marks of tenants: what makes a refresh count them anew, or write their row again.

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
