-- What follows by itself when tenants and their people come and go.
--
-- The triggers on auth.users run in the auth service's own transaction and as its role,
-- supabase_auth_admin, which has no right on our tables: hence security definer, with checks of
-- their own. Only the admin API writes app_metadata; user_metadata, which users edit themselves, is
-- never read here.

create trigger _100_set_updated_at
before update on public.coachs
for each row execute function private.tg_set_updated_at();

-- A disabled tenant is closed to its people at once: their memberships are paused, and their
-- sessions end, so that no refresh token outlives the day. Enabling it opens what was open before,
-- and not those memberships that were inactive for another reason. Definer: service_role may
-- disable a tenant, and has no right on auth.sessions.
create function private.tg_coachs__follow_status()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if new.status = 'disabled' then
    update public.memberships as m
    set active = false, paused = true
    where m.coach_id = new.id and m.active;
    delete from auth.sessions as s
    using public.memberships as m
    where m.coach_id = new.id and m.user_id = s.user_id;
  else
    update public.memberships as m
    set active = true, paused = false
    where m.coach_id = new.id and m.paused;
  end if;
  return null;
end;
$$;

create trigger _200_follow_status
after update of status on public.coachs
for each row
when (old.status is distinct from new.status)
execute function private.tg_coachs__follow_status();

-- Makes the tenant of a user whom the admin API marks with
-- `app_metadata.setterbase_coach = {"name", "specialty"?, "timezone"?}`, with the user as its owner
-- and the user's id as its own, in the transaction that makes the user: there is no moment with the
-- one and not the other. What cannot be raises PT409 or PT422, which the auth service passes on as
-- the status of its answer. An existing tenant is never changed.
create function private.tg_users__provision_coach()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_asked jsonb := new.raw_app_meta_data -> 'setterbase_coach';
  v_email text := lower(btrim(new.email));
  v_field text;
  v_name text;
  v_specialty text;
  v_timezone text;
  v_problems text[] := '{}';
begin
  -- Marked again, and the tenant is theirs already: nothing to do.
  if exists (
    select from public.memberships as m
    where m.coach_id = new.id and m.user_id = new.id and m.role = 'owner'
  ) then
    return null;
  end if;
  if jsonb_typeof(v_asked) <> 'object' then
    raise exception 'setterbase_coach: must be an object' using errcode = 'PT422';
  end if;
  for v_field in
    select k.key
    from jsonb_each(v_asked) as k
    where
      k.key not in ('name', 'specialty', 'timezone')
      or jsonb_typeof(k.value) not in ('string', 'null')
    order by k.key collate "C"
  loop
    v_problems := v_problems || case
      when v_field in ('name', 'specialty', 'timezone') then v_field || ': must be a text'
      else v_field || ': is not expected'
    end;
  end loop;
  v_name := btrim(v_asked ->> 'name');
  v_specialty := nullif(btrim(v_asked ->> 'specialty'), '');
  if coalesce(v_name, '') = '' then
    v_problems := v_problems || 'name: is missing'::text;
  elsif length(v_name) > 200 then
    v_problems := v_problems || 'name: is longer than 200 characters'::text;
  end if;
  if length(v_specialty) > 200 then
    v_problems := v_problems || 'specialty: is longer than 200 characters'::text;
  end if;
  if nullif(v_asked ->> 'timezone', '') is null then
    v_timezone := 'Europe/Paris';
  else
    -- As the zone's own name is written, whatever the case that was asked for.
    select z.name into v_timezone
    from pg_catalog.pg_timezone_names as z
    where lower(z.name) = lower(v_asked ->> 'timezone') and private.is_time_zone(z.name)
    limit 1;
    if v_timezone is null then
      v_problems := v_problems || 'timezone: is no time zone, such as Europe/Paris'::text;
    end if;
  end if;
  if coalesce(v_email, '') = '' then
    v_problems := v_problems || 'email: is missing'::text;
  end if;
  if v_problems <> '{}' then
    raise exception '%', array_to_string(v_problems, '; ') using errcode = 'PT422';
  end if;
  if exists (select from public.coachs as c where lower(c.email) = v_email) then
    raise exception 'email: a coach with this e-mail exists already' using
      errcode = 'PT409',
      hint = 'Give the user the existing tenant: `setterbase coach link`.';
  end if;
  if exists (select from public.coachs as c where c.id = new.id) then
    raise exception 'id: a coach with this id exists already' using
      errcode = 'PT409',
      hint = 'Give the user the existing tenant: `setterbase coach link`.';
  end if;
  insert into public.coachs (id, name, specialty, email, timezone)
  values (new.id, v_name, v_specialty, v_email, v_timezone);
  insert into public.memberships (coach_id, user_id, role)
  values (new.id, new.id, 'owner');
  return null;
end;
$$;

-- The admin call inserts the user first and sets app_metadata by an update of the same transaction.
create trigger _100_provision_coach
after insert on auth.users
for each row
when (jsonb_typeof(new.raw_app_meta_data -> 'setterbase_coach') <> 'null')
execute function private.tg_users__provision_coach();

-- Only a mark that is new: the auth service writes app_metadata for reasons of its own too, and
-- must not bring back a tenant that was deleted.
create trigger _110_provision_coach
after update of raw_app_meta_data on auth.users
for each row
when (
  jsonb_typeof(new.raw_app_meta_data -> 'setterbase_coach') <> 'null'
  and new.raw_app_meta_data -> 'setterbase_coach'
  is distinct from old.raw_app_meta_data -> 'setterbase_coach'
)
execute function private.tg_users__provision_coach();

-- Whether a tenant is as it was born: nothing but the rows that its own birth made, unchanged. All
-- of these carry the transaction that made them; a row of any table that points to the tenant and
-- came or changed later carries another. After a restore every table has a transaction of its own,
-- and the answer is no, which keeps the tenant.
create function private.is_untouched(coach_id uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_born text;
  v_child record;
  v_touched boolean;
begin
  select c.xmin::text into v_born
  from public.coachs as c
  where c.id = is_untouched.coach_id;
  if not found then
    return false;
  end if;
  for v_child in
    select k.conrelid::regclass as name, a.attname
    from pg_catalog.pg_constraint as k
    inner join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    where
      k.contype = 'f'
      and k.confrelid = 'public.coachs'::regclass
      and cardinality(k.conkey) = 1
    order by 1
  loop
    execute format(
      'select exists (select from %s as t where t.%I = $1 and t.xmin::text <> $2)',
      v_child.name, v_child.attname
    )
    into v_touched
    using is_untouched.coach_id, v_born;
    if v_touched then
      return false;
    end if;
  end loop;
  return true;
end;
$$;

comment on function private.is_untouched(uuid) is
'Whether nothing has happened in a tenant since it was made.';

-- A user who goes takes along the tenant of the same id if nothing has happened in it yet, so that
-- provisioning that fails half-way is undone by one call. Otherwise the tenant stays, without that
-- member: `setterbase coach delete` is the way to delete one.
create function private.tg_users__discard_coach()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Who is about to write into the tenant is waited for, and seen; who comes later finds it gone.
  perform from public.coachs as c where c.id = old.id for update;
  if private.is_untouched(old.id) then
    delete from public.coachs as c where c.id = old.id;
  end if;
  return null;
end;
$$;

create trigger _200_discard_coach
after delete on auth.users
for each row execute function private.tg_users__discard_coach();
