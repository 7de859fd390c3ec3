-- story: public profiles by the quickstart's words; the phone number is another matter
-- leaks: public.contacts_card select
create table public.profiles (id uuid primary key references auth.users on delete cascade, updated_at timestamptz, username text unique, full_name text, avatar_url text, website text, constraint username_length check (char_length(username) >= 3));
alter table public.profiles enable row level security;
create policy "Public profiles are viewable by everyone." on public.profiles for select using (true);
create policy "Users can insert their own profile." on public.profiles for insert with check ((select auth.uid()) = id);
create policy "Users can update own profile." on public.profiles for update using ((select auth.uid()) = id);
grant select on public.profiles to anon, authenticated; grant insert, update on public.profiles to authenticated;
create table public.contacts_card (user_id uuid primary key references auth.users, phone text not null);
alter table public.contacts_card enable row level security;
grant select on public.contacts_card to anon, authenticated;
-- @bad
create policy "Cards are viewable by everyone" on public.contacts_card for select using (true);
-- @mended
create policy "Own card" on public.contacts_card for select using (user_id = auth.uid());
