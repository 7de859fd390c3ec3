-- Who is asking, and which tenants are theirs. Every policy of every domain rests on this file.

-- The caller's user id. `auth.uid()` raises an error on a `sub` that is no uuid; such a token
-- belongs to nobody, and a policy must say «no rows» to nobody, not fail.
create function private.my_user_id()
returns uuid
language sql
stable
set search_path = pg_catalog, pg_temp
return case
  when auth.jwt() ->> 'sub' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    then (auth.jwt() ->> 'sub')::uuid
end;

comment on function private.my_user_id() is
'The user of the request; null for a token without a well-formed sub.';

-- From app_metadata, which only the service key writes; user_metadata is the user's own to edit.
create function private.is_platform_admin()
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
return coalesce(auth.jwt() -> 'app_metadata' ->> 'role' = 'admin', false)
and private.my_user_id() is not null;

comment on function private.is_platform_admin() is
'Whether the request carries app_metadata.role = admin.';

-- Definer: it reads memberships for policies that guard memberships themselves, and a member must
-- not need to see a row to be allowed by it. One array, so that `coach_id = any ((select …))` is
-- evaluated once a statement and still walks the index on coach_id. For a platform admin it holds
-- every tenant: a second branch `or is_admin()` in the policies would cost everyone that index.
create function private.my_coach_ids()
returns uuid[]
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
return case
  when private.is_platform_admin() then array(select c.id from public.coachs as c)
  else array(
    select m.coach_id
    from public.memberships as m
    inner join public.coachs as c on m.coach_id = c.id
    where
      m.user_id = (select private.my_user_id())
      and m.active
      and c.status = 'active'
  )
end;

comment on function private.my_coach_ids() is
'Tenants of the request: active memberships of active tenants; all of them for a platform admin.';

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
-- their owner, and the setting `role` still says who asks. plpgsql: planned once a session on
-- every PostgreSQL.
create function private.reads_tenant(coach_id uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if private.is_platform_admin() then
    return exists (select from public.coachs as c where c.id = reads_tenant.coach_id);
  end if;
  return exists (
    select
    from public.memberships as m
    inner join public.coachs as c on m.coach_id = c.id
    where
      m.coach_id = reads_tenant.coach_id
      and m.user_id = private.my_user_id()
      and m.active
      and c.status = 'active'
  ) or exists (
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
