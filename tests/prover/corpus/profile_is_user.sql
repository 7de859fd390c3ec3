-- story: a profile row that is the user, readable by all who sign in
-- leaks: public.profiles select
create table public.profiles (id uuid primary key references auth.users on delete cascade, full_name text, phone text, birth date);
create function public.tg_new_user() returns trigger language plpgsql security definer set search_path = '' as $$
begin insert into public.profiles (id, full_name) values (new.id, new.raw_user_meta_data ->> 'full_name'); return new; end $$;
create trigger new_user after insert on auth.users for each row execute function public.tg_new_user();
alter table public.profiles enable row level security;
grant select, update on public.profiles to authenticated;
create policy profiles_edit on public.profiles for update to authenticated using (id = (select auth.uid()));
-- @bad
create policy profiles_read on public.profiles for select to authenticated using (true);
-- @mended
create policy profiles_read on public.profiles for select to authenticated using (id = (select auth.uid()));
