-- story: a policy that lets everybody read
-- uses: org
-- leaks: public.deals select
create table public.deals (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, title text);
alter table public.deals enable row level security;
grant select on public.deals to authenticated;
-- @bad
create policy deals_read on public.deals for select to authenticated using (true);
-- @mended
create policy deals_read on public.deals for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
