-- story: the columns that colleagues may read are listed, and a grant on the table defeats the list
-- uses: org
-- leaks: public.drivers select
create table public.drivers (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, user_id uuid not null references auth.users, name text not null, points integer not null default 0);
alter table public.drivers enable row level security;
create policy drivers_read on public.drivers for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
revoke all on public.drivers from anon, authenticated;
grant select (id, org_id, name) on public.drivers to authenticated;
-- @bad
grant select on public.drivers to authenticated;
-- @mended
revoke select on public.drivers from authenticated;
grant select (id, org_id, name) on public.drivers to authenticated;
