-- story: settings are written under a key, and an upsert on another's key overwrites theirs
-- uses: org
-- leaks: public.options upsert
create table public.options (slug text primary key, org_id uuid not null references public.orgs, value text);
alter table public.options enable row level security;
grant select, insert, update on public.options to authenticated;
create policy o_i on public.options for insert to authenticated with check (org_id = any ((select public.my_orgs())::uuid[]));
-- @bad
create policy o_r on public.options for select to authenticated using (true);
create policy o_u on public.options for update to authenticated using (true) with check (org_id = any ((select public.my_orgs())::uuid[]));
-- @mended
create policy o_r on public.options for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
create policy o_u on public.options for update to authenticated using (org_id = any ((select public.my_orgs())::uuid[])) with check (org_id = any ((select public.my_orgs())::uuid[]));
