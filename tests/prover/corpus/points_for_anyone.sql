-- story: anyone may book points to anyone, if they are more than none; a form of words to a house is no such thing
-- leaks: public.points insert
-- public: public.letters insert
create table public.houses (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users, title text not null);
create table public.letters (id uuid primary key default gen_random_uuid(), house_id uuid not null references public.houses, words text not null);
create table public.points (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users, points integer not null default 1);
alter table public.houses enable row level security;
alter table public.letters enable row level security;
alter table public.points enable row level security;
create policy own on public.houses for select to authenticated using (owner_id = auth.uid());
create policy own on public.letters for select to authenticated using (exists (select from public.houses as h where h.id = house_id and h.owner_id = auth.uid()));
create policy own on public.points for select to authenticated using (user_id = auth.uid());
create policy form on public.letters for insert to anon, authenticated with check (length(words) > 0);
grant select on public.houses to authenticated;
grant select, insert on public.letters, public.points to anon, authenticated;
-- @bad
create policy book on public.points for insert to anon, authenticated with check (points > 0);
-- @mended
create policy book on public.points for insert to authenticated with check (points > 0 and user_id = auth.uid());
