-- story: a wide permissive policy narrowed by a restrictive one
-- uses: org
-- safe
create table public.reports (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, title text);
alter table public.reports enable row level security;
create policy wide on public.reports for all to authenticated using (true) with check (true);
create policy narrow on public.reports as restrictive for all to authenticated using (org_id = any ((select public.my_orgs())::uuid[])) with check (org_id = any ((select public.my_orgs())::uuid[]));
grant select, insert, update, delete on public.reports to authenticated;
