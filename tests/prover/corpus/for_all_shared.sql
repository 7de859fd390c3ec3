-- story: announcements are written by administrators, until a policy for all lets everybody
-- leaks: public.announcements update
create table public.profiles (id uuid primary key references auth.users on delete cascade, nick text, role text not null default 'user' check (role in ('user', 'admin')));
alter table public.profiles enable row level security;
create policy own on public.profiles for select to authenticated using (id = auth.uid());
grant select on public.profiles to authenticated;
create function public.is_admin() returns boolean language sql stable security definer set search_path = ''
as $$ select exists (select from public.profiles p where p.id = auth.uid() and p.role = 'admin') $$;
create table public.announcements (id uuid primary key default gen_random_uuid(), body text not null);
alter table public.announcements enable row level security;
grant select, insert, update, delete on public.announcements to authenticated;
create policy announce_edit on public.announcements for update to authenticated using (public.is_admin());
-- @bad
create policy announce_all on public.announcements for all to authenticated using (true);
-- @mended
create policy announce_read on public.announcements for select to authenticated using (true);
