-- Purpose: Tenants, memberships, and the helpers that every policy rests on.
-- Locks or destroys: nothing that exists.

-- Tenants and the people who belong to them.

-- A tenant: a coach alone, or a company. Every tenant-owned row of every domain carries its id.
create table public.coachs (
  id uuid not null default gen_random_uuid(),
  name text not null,
  specialty text,
  email text not null,
  timezone text not null default 'Europe/Paris',
  currency text not null default 'EUR',
  status text not null default 'active',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint coachs_pkey primary key (id),
  constraint coachs_email_key unique (email),
  constraint coachs_name_check check (btrim(name) <> '' and length(name) <= 200),
  constraint coachs_specialty_check check (length(specialty) <= 200),
  constraint coachs_email_check check (email ~ '^[^@\s]+@[^@\s]+$'),
  constraint coachs_timezone_check check (private.is_time_zone(timezone)),
  constraint coachs_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint coachs_status_check check (status in ('active', 'disabled'))
);
alter table public.coachs enable row level security;

comment on table public.coachs is
'Tenants. A coach provisioned alone has the id of their own auth user.';
comment on column public.coachs.timezone is
'Days, weeks and hours of every KPI are counted in this zone.';
comment on column public.coachs.status is
'A disabled tenant is invisible to its members and refuses events.';

-- Who belongs to which tenant, and as what. Policies ask this table once per statement.
create table public.memberships (
  coach_id uuid not null,
  user_id uuid not null,
  role text not null default 'member',
  active boolean not null default true,
  created_at timestamptz not null default now(),
  paused boolean not null default false,
  constraint memberships_pkey primary key (coach_id, user_id),
  constraint memberships_coach_id_fkey foreign key (coach_id)
  references public.coachs (id) on delete cascade,
  constraint memberships_user_id_fkey foreign key (user_id)
  references auth.users (id) on delete cascade,
  constraint memberships_role_check check (role in ('owner', 'admin', 'member', 'viewer')),
  constraint memberships_paused_check check (not (active and paused))
);
alter table public.memberships enable row level security;

-- The policies' question «which tenants are mine» starts from the user.
create index memberships_user_id_idx on public.memberships (user_id);

comment on table public.memberships is 'People of a tenant. An inactive membership opens nothing.';
comment on column public.memberships.role is
'owner and admin change settings; member changes leads; viewer reads.';
comment on column public.memberships.paused is
'Inactive because the tenant was disabled: enabling the tenant makes it active again.';

-- Who is asking, and which tenants are theirs. Every policy of every domain rests on this file.
--
-- What every request asks is plpgsql: its plans last as long as the session, where those of a SQL
-- function are made anew in each statement (before PostgreSQL 18), which takes longer than the
-- answer. plpgsql looks names up when it runs, so one that calls another of these is a definer: an
-- API role has no usage on the schema. The other invokers are SQL, bound to what they call.

-- The caller's user id. `auth.uid()` raises an error on a `sub` that is no uuid; such a token
-- belongs to nobody, and a policy must say «no rows» to nobody, not fail.
create function private.my_user_id()
returns uuid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_sub text := auth.jwt() ->> 'sub';
begin
  if v_sub ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    return v_sub::uuid;
  end if;
  return null;
end;
$$;

comment on function private.my_user_id() is
'The user of the request; null for a token without a well-formed sub.';

-- From app_metadata, which only the service key writes; user_metadata is the user's own to edit.
-- Definer: it reads nothing, and calls by name.
create function private.is_platform_admin()
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return coalesce(auth.jwt() -> 'app_metadata' ->> 'role' = 'admin', false)
    and private.my_user_id() is not null;
end;
$$;

comment on function private.is_platform_admin() is
'Whether the request carries app_metadata.role = admin.';

-- Definer: it reads memberships for policies that guard memberships themselves, and a member must
-- not need to see a row to be allowed by it. One array, so that `coach_id = any ((select …))` is
-- evaluated once a statement and still walks the index on coach_id. For a platform admin it holds
-- every tenant: a second branch `or is_admin()` in the policies would cost everyone that index.
create function private.my_coach_ids()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_user_id uuid := private.my_user_id();
begin
  if private.is_platform_admin() then
    return array(select c.id from public.coachs as c);
  end if;
  return array(
    select m.coach_id
    from public.memberships as m
    inner join public.coachs as c on m.coach_id = c.id
    where m.user_id = v_user_id and m.active and c.status = 'active'
  );
end;
$$;

comment on function private.my_coach_ids() is
'Tenants of the request: active memberships of active tenants; all of them for a platform admin.';

-- Definer for the same reason. One's own tenant first (its id is the user's id), else the oldest
-- membership.
create function private.my_coach_id()
returns uuid
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_user_id uuid := private.my_user_id();
  v_coach_ids uuid[] := private.my_coach_ids();
begin
  return (
    select m.coach_id
    from public.memberships as m
    where m.user_id = v_user_id and m.coach_id = any(v_coach_ids)
    order by m.coach_id = m.user_id desc, m.created_at asc, m.coach_id asc
    limit 1
  );
end;
$$;

comment on function private.my_coach_id() is
'The tenant of the request where none is named; null for somebody without one.';

-- Invoker on purpose: current_user is then the role that asks, and a role that bypasses RLS on
-- tables (service_role, postgres) sees every tenant through views too.
create function private.sees_every_tenant()
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
return private.is_platform_admin() or (
  select r.rolbypassrls from pg_catalog.pg_roles as r
  where r.rolname = current_user
);

comment on function private.sees_every_tenant() is
'Whether the current role or the request may read all tenants.';

-- Owner-rights views filter by this one.
create function private.visible_coach_ids()
returns uuid[]
language sql
stable
set search_path = pg_catalog, pg_temp
return case
  when private.sees_every_tenant() then array(select c.id from public.coachs as c)
  else private.my_coach_ids()
end;

comment on function private.visible_coach_ids() is
'Tenants that the current role may read through an owner-rights view.';

-- Definer for the same reason as my_coach_ids. The role is that of an active membership in an
-- active tenant; a platform admin acts as owner everywhere.
create function private.my_role_in(coach_id uuid)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
return case
  when private.is_platform_admin() then 'owner'
  else (
    select m.role
    from public.memberships as m
    inner join public.coachs as c on m.coach_id = c.id
    where
      m.coach_id = my_role_in.coach_id
      and m.user_id = private.my_user_id()
      and m.active
      and c.status = 'active'
  )
end;

comment on function private.my_role_in(uuid) is
'Role of the caller in a tenant; null for a stranger.';

-- For definer functions, which read a tenant after asking this once. Within them current_user is
-- their owner, and the setting `role` still says who asks.
create function private.reads_tenant(coach_id uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_user_id uuid := private.my_user_id();
begin
  return exists (
    select
    from public.memberships as m
    inner join public.coachs as c on m.coach_id = c.id
    where
      m.coach_id = reads_tenant.coach_id
      and m.user_id = v_user_id
      and m.active
      and c.status = 'active'
  ) or private.is_platform_admin() or exists (
    select
    from pg_catalog.pg_roles as r
    where
      r.rolname = coalesce(nullif(current_setting('role'), 'none'), session_user)
      and (r.rolbypassrls or r.rolsuper)
  );
end;
$$;

comment on function private.reads_tenant(uuid) is
'Whether the caller may read a tenant: what the policies say, for a function that bypasses them.';

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

-- What client apps ask about themselves.

create function public.current_coach_id()
returns uuid
language sql
stable
set search_path = pg_catalog, pg_temp
return private.my_coach_id();

comment on function public.current_coach_id() is
'The tenant that functions use when coach_id is not given; null for somebody without one.';

-- The security of the tenancy domain, whole.

revoke all on public.coachs from public, anon, authenticated, service_role;
revoke all on public.memberships from public, anon, authenticated, service_role;

-- Members read; tenants and memberships are written by the service key alone (provisioning).
grant select on public.coachs to authenticated;
grant select on public.memberships to authenticated;
grant select, insert, update, delete on public.coachs to service_role;
grant select, insert, update, delete on public.memberships to service_role;

create policy coachs_select_member
on public.coachs
for select
to authenticated
using (id = any((select private.my_coach_ids())::uuid[]));

create policy memberships_select_member
on public.memberships
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

-- Helpers: execute without usage on their schema. anon is granted nothing.
revoke execute on all functions in schema private from public;
grant execute on function private.my_user_id() to authenticated, service_role;
grant execute on function private.my_coach_ids() to authenticated, service_role;
grant execute on function private.my_coach_id() to authenticated, service_role;
grant execute on function private.is_platform_admin() to authenticated, service_role;
grant execute on function private.sees_every_tenant() to authenticated, service_role;
grant execute on function private.visible_coach_ids() to authenticated, service_role;
-- A check constraint of coachs runs it as whoever writes.
grant execute on function private.is_time_zone(text) to service_role;

revoke all on function public.current_coach_id() from public, anon, authenticated, service_role;
grant execute on function public.current_coach_id() to authenticated, service_role;
