-- story: an unqualified column in a subquery binds to the inner table
-- uses: org
-- leaks: public.files select
create table public.files (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, path text not null);
alter table public.files enable row level security;
grant select on public.files to authenticated;
-- @bad
create policy files_read on public.files for select to authenticated using (exists (select from public.members m where m.user_id = auth.uid() and m.org_id = org_id));
-- @mended
create policy files_read on public.files for select to authenticated using (exists (select from public.members m where m.user_id = auth.uid() and m.active and m.org_id = files.org_id));
