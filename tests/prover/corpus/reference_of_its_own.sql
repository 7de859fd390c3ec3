-- story: a number that names its own row is nobody's tenant, and what is deleted has no live twin;
-- story: the division's chief is asked for, but of any division
-- leaks: public.builds select
create table public.chiefs (id uuid primary key default gen_random_uuid(), who uuid not null, division_code text not null, role text not null check (role in ('admin', 'builder')), unique (who, division_code));
create table public.builds (id uuid primary key default gen_random_uuid(), project_ref text not null unique, division_code text not null, title text not null, maker uuid not null, gone_at timestamptz, deleted_at timestamptz, unique (division_code, title, deleted_at));
alter table public.chiefs enable row level security;
alter table public.builds enable row level security;
create policy own on public.chiefs for select to authenticated using (who = auth.uid());
create policy own on public.builds for select to authenticated using (maker = auth.uid() and deleted_at is null);
grant select on public.chiefs, public.builds to authenticated;
-- @bad
create policy chief on public.builds for select to authenticated using (deleted_at is null and exists (select from public.chiefs as c where c.who = auth.uid() and c.role = 'admin'));
-- @mended
create policy chief on public.builds for select to authenticated using (deleted_at is null and exists (select from public.chiefs as c where c.who = auth.uid() and c.division_code = builds.division_code and c.role = 'admin'));
