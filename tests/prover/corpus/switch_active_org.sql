-- story: the current organisation is a column of one's own profile
-- uses: org
-- leaks: public.people attach
create table public.people (id uuid primary key references auth.users, active_org uuid references public.orgs, nick text);
create table public.boards (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, title text);
alter table public.people enable row level security;
alter table public.boards enable row level security;
create policy people_own on public.people for select to authenticated using (id = auth.uid());
create policy people_edit on public.people for update to authenticated using (id = auth.uid()) with check (id = auth.uid());
grant select, update on public.people to authenticated;
grant select on public.boards to authenticated;
-- @bad
create policy boards_read on public.boards for select to authenticated using (org_id = (select p.active_org from public.people p where p.id = auth.uid()));
-- @mended
create policy boards_read on public.boards for select to authenticated using (org_id = (select p.active_org from public.people p where p.id = auth.uid()) and org_id = any ((select public.my_orgs())::uuid[]));
