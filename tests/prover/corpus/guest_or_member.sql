-- story: who shares a flat is a user, or a guest by name and share; costs are open to every flat
-- leaks: public.costs select
create table public.flats (id uuid primary key default gen_random_uuid(), label text not null);
create table public.flat_mates (id uuid primary key default gen_random_uuid(), flat_id uuid not null references public.flats on delete cascade, user_id uuid references auth.users, guest boolean not null default false, guest_name text, guest_share numeric(6, 2), check ((not guest and user_id is not null and guest_name is null and guest_share is null) or (guest and user_id is null and guest_name is not null and guest_share is not null)));
create unique index flat_mates_once on public.flat_mates (flat_id, user_id) where user_id is not null;
create table public.costs (id uuid primary key default gen_random_uuid(), flat_id uuid not null references public.flats on delete cascade, cents integer not null);
alter table public.flats enable row level security;
alter table public.flat_mates enable row level security;
alter table public.costs enable row level security;
create policy mine on public.flat_mates for select to authenticated using (user_id = auth.uid());
create policy mine on public.flats for select to authenticated using (id in (select m.flat_id from public.flat_mates as m where m.user_id = auth.uid()));
grant select on public.flats, public.flat_mates, public.costs to authenticated;
-- @bad
create policy mine on public.costs for select to authenticated using (exists (select from public.flat_mates as m where m.user_id = auth.uid()));
-- @mended
create policy mine on public.costs for select to authenticated using (flat_id in (select m.flat_id from public.flat_mates as m where m.user_id = auth.uid()));
