-- story: rows without tenant are for everyone, and everyone can make them
-- uses: org
-- leaks: public.snippets insert
create table public.snippets (id uuid primary key default gen_random_uuid(), org_id uuid references public.orgs, body text not null);
alter table public.snippets enable row level security;
create policy snippets_read on public.snippets for select to authenticated using (org_id is null or org_id = any ((select public.my_orgs())::uuid[]));
grant select, insert on public.snippets to authenticated;
-- @bad
create policy snippets_make on public.snippets for insert to authenticated with check (org_id is null or org_id = any ((select public.my_orgs())::uuid[]));
-- @mended
create policy snippets_make on public.snippets for insert to authenticated with check (org_id = any ((select public.my_orgs())::uuid[]));
