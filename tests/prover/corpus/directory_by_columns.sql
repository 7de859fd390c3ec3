-- story: everybody may look people up, by the columns that the grant lists and by no other
-- leaks: public.people select
create table public.people (id uuid primary key references auth.users on delete cascade, nick text not null, phone text);
alter table public.people enable row level security;
revoke all on public.people from anon, authenticated;
create policy people_read on public.people for select to authenticated using (true);
-- @bad
grant select on public.people to authenticated;
-- @mended
grant select (id, nick) on public.people to authenticated;
