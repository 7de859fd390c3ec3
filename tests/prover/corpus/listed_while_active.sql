-- safe
-- story: a page lists the active ones of a house, and no rule asks whether the caller is active: the flag is for show
create table public.houses (id uuid primary key default gen_random_uuid(), title text not null, open boolean not null default false);
create table public.guides (id uuid primary key references auth.users, house_id uuid references public.houses, nick text not null, is_active boolean default true);
create table public.guide_houses (guide_id uuid not null references auth.users, house_id uuid not null references public.houses, primary key (guide_id, house_id));
create table public.tours (id uuid primary key default gen_random_uuid(), house_id uuid not null references public.houses, title text not null, is_active boolean not null default true);
create function public.house_of(who uuid) returns uuid language sql stable security definer set search_path = '' as 'select house_id from public.guides where id = who';
revoke execute on function public.house_of(uuid) from public, anon, authenticated;
create function public.my_house() returns uuid language sql stable security definer set search_path = '' as 'select public.house_of(auth.uid())';
create view public.open_guides as select g.id, g.nick from public.guides g join public.houses h on h.id = g.house_id where h.open and g.is_active;
alter table public.houses enable row level security;
alter table public.guides enable row level security;
alter table public.guide_houses enable row level security;
alter table public.tours enable row level security;
create policy own on public.houses for select to authenticated using (id = public.my_house());
create policy own on public.guides for select to authenticated using (house_id = public.my_house());
create policy own on public.guide_houses for select to authenticated using (house_id = public.my_house());
create policy own on public.tours for select to authenticated using (house_id = public.my_house() and is_active);
grant select on public.houses, public.guides, public.guide_houses, public.tours to authenticated;
