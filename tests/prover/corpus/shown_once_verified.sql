-- story: everyone sees guides who are verified, and their boats; the others' boats are hidden
-- leaks: public.boats select
create table public.people (id uuid primary key references auth.users, called text not null);
create table public.guides (id uuid primary key default gen_random_uuid(), person_id uuid not null unique references public.people on delete cascade, river text not null, is_verified boolean not null default false);
create table public.boats (id uuid primary key default gen_random_uuid(), guide_id uuid not null references public.guides on delete cascade, plate text not null);
alter table public.people enable row level security;
alter table public.guides enable row level security;
alter table public.boats enable row level security;
create policy own on public.people for select using (auth.uid() = id);
create policy "Anyone can see verified guides" on public.guides for select using (is_verified);
create policy own on public.guides for select using (auth.uid() = person_id);
create policy own on public.boats for select using (exists (select from public.guides as g where g.id = boats.guide_id and g.person_id = auth.uid()));
grant select on public.people, public.guides, public.boats to anon, authenticated;
-- @bad
create policy "Boats are shown" on public.boats for select using (exists (select from public.guides as g where g.id = g.id and g.is_verified));
-- @mended
create policy "Anyone can see boats of verified guides" on public.boats for select using (exists (select from public.guides as g where g.id = boats.guide_id and g.is_verified));
