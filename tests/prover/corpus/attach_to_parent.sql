-- story: a task of one's own planted under another's project
-- leaks: public.tasks attach
create table public.projects (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users, title text not null);
create table public.tasks (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users, project_id uuid references public.projects, title text);
alter table public.projects enable row level security;
alter table public.tasks enable row level security;
create policy p on public.projects for select to authenticated using (owner_id = auth.uid());
create policy t on public.tasks for select to authenticated using (owner_id = auth.uid() or exists (select from public.projects p where p.id = tasks.project_id and p.owner_id = auth.uid()));
grant select on public.projects to authenticated;
grant select, insert on public.tasks to authenticated;
-- @bad
create policy m on public.tasks for insert to authenticated with check (owner_id = auth.uid());
-- @mended
create policy m on public.tasks for insert to authenticated with check (owner_id = auth.uid() and exists (select from public.projects p where p.id = tasks.project_id and p.owner_id = auth.uid()));
