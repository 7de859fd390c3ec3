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
