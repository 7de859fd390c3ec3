-- story: a shop owner's workers belong to the owner, though each works at a place; one rule asks
-- story: for the place alone
-- leaks: public.workers insert
create table public.places (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users, town text not null);
create table public.workers (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users, place_id uuid references public.places, name text not null, role text);
create table public.takings (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users, place_id uuid references public.places, month date not null, cents integer, unique (place_id, month));
alter table public.places enable row level security;
alter table public.workers enable row level security;
alter table public.takings enable row level security;
create policy own on public.places for all using (auth.uid() = owner_id) with check (auth.uid() = owner_id);
create policy see on public.workers for select using (auth.uid() = owner_id);
create policy own on public.takings for all using (auth.uid() = owner_id) with check (auth.uid() = owner_id);
grant select, insert, update, delete on public.places, public.workers, public.takings to authenticated;
-- @bad
create policy add on public.workers for insert with check (place_id in (select p.id from public.places as p));
-- @mended
create policy add on public.workers for insert with check (auth.uid() = owner_id and place_id in (select p.id from public.places as p));
