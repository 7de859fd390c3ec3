-- story: every colleague reads the key that another made for a machine
-- uses: org
-- leaks: public.credentials select
create table public.credentials (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, user_id uuid not null references auth.users, label text, api_key text not null);
alter table public.credentials enable row level security;
grant select on public.credentials to authenticated;
-- @bad
create policy c on public.credentials for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
-- @mended
create policy c on public.credentials for select to authenticated using (user_id = auth.uid() and org_id = any ((select public.my_orgs())::uuid[]));
