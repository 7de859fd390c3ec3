-- story: a plan of one's own under another's project, where the only one it may have stands in the way
-- leaks: public.plans attach
create table public.projects (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users, title text not null);
create table public.plans (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users, project_id uuid not null unique references public.projects, title text);
alter table public.projects enable row level security;
alter table public.plans enable row level security;
create policy p on public.projects for select to authenticated using (owner_id = auth.uid());
create policy t on public.plans for select to authenticated using (owner_id = auth.uid() or exists (select from public.projects p where p.id = plans.project_id and p.owner_id = auth.uid()));
grant select on public.projects to authenticated;
grant select, insert on public.plans to authenticated;
-- @bad
create policy m on public.plans for insert to authenticated with check (owner_id = auth.uid());
-- @mended
create policy m on public.plans for insert to authenticated with check (owner_id = auth.uid() and exists (select from public.projects p where p.id = plans.project_id and p.owner_id = auth.uid()));
