-- Who is asking, and which tenants are theirs. Every policy of every domain rests on this file.
--
-- What every request asks is plpgsql: its plans last as long as the session, where those of a SQL
-- function are made anew in each statement (before PostgreSQL 18), which takes longer than the
-- answer. plpgsql looks names up when it runs, so one that calls another of these is a definer: an
-- API role has no usage on the schema. The other invokers are SQL, bound to what they call.

-- Two rules, each told once. They pin no search_path, so that they become part of the expression
-- that calls them, whose path is pinned; they were bound when they were made and look up nothing.
-- What every request asks reads the claims once and calls no further function (measured: a sixth of
-- the time of asking).

-- A `sub` that is no uuid belongs to nobody, and a policy must say «no rows» to nobody, where
-- `auth.uid()` raises an error.
create function private.user_in(claims jsonb)
returns uuid
language sql
immutable
return case
  when user_in.claims ->> 'sub' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    then (user_in.claims ->> 'sub')::uuid
end;

comment on function private.user_in(jsonb) is
'The user of these claims; null for a token without a well-formed sub.';

-- From app_metadata, which only the service key writes; user_metadata is the user's own to edit.
create function private.admin_in(claims jsonb)
returns boolean
language sql
immutable
return coalesce(admin_in.claims -> 'app_metadata' ->> 'role' = 'admin', false)
and private.user_in(admin_in.claims) is not null;

comment on function private.admin_in(jsonb) is
'Whether these claims are those of a user with app_metadata.role = admin.';

-- Definer: it reads nothing, and calls by name.
create function private.my_user_id()
returns uuid
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return private.user_in(auth.jwt());
end;
$$;

comment on function private.my_user_id() is
'The user of the request; null for a token without a well-formed sub.';

-- Definer for the same reason.
create function private.is_platform_admin()
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return private.admin_in(auth.jwt());
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
  v_claims jsonb := auth.jwt();
  v_user_id uuid := private.user_in(v_claims);
begin
  if private.admin_in(v_claims) then
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
  v_claims jsonb := auth.jwt();
  v_user_id uuid := private.user_in(v_claims);
  v_is_admin boolean := private.admin_in(v_claims);
begin
  return (
    select m.coach_id
    from public.memberships as m
    inner join public.coachs as c on m.coach_id = c.id
    where
      m.user_id = v_user_id
      and ((m.active and c.status = 'active') or v_is_admin)
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
  v_claims jsonb := auth.jwt();
  v_user_id uuid := private.user_in(v_claims);
begin
  -- A member's question ends here, without a look at the roles.
  if exists (
    select
    from public.memberships as m
    inner join public.coachs as c on m.coach_id = c.id
    where
      m.coach_id = reads_tenant.coach_id
      and m.user_id = v_user_id
      and m.active
      and c.status = 'active'
  ) then
    return true;
  end if;
  return private.admin_in(v_claims) or exists (
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
