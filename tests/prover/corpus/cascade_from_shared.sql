-- story: deleting a shared row takes every tenant's rows along
-- uses: org
-- leaks: public.labels delete
create table public.labels (id uuid primary key default gen_random_uuid(), word text not null);
create table public.taggings (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, label_id uuid not null references public.labels on delete cascade);
alter table public.labels enable row level security;
alter table public.taggings enable row level security;
create policy l on public.labels for select to authenticated using (true);
create policy t on public.taggings for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
grant select, delete on public.labels to authenticated;
grant select on public.taggings to authenticated;
-- @bad
create policy d on public.labels for delete to authenticated using (true);
