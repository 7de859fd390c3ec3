-- story: the whole tenancy rests on user_metadata, which every user edits
-- leaks: public.desks select; public.notes select; public.notes update
create table public.desks (slug text primary key, plan text default 'free');
create table public.notes (id uuid primary key default gen_random_uuid(), desk text not null references public.desks, body jsonb not null default '{}');
alter table public.desks enable row level security;
alter table public.notes enable row level security;
grant select on public.desks to authenticated;
grant select, insert, update, delete on public.notes to authenticated;
-- @bad
create policy desks_read on public.desks for select to authenticated using (slug = (auth.jwt() -> 'user_metadata' ->> 'desks'));
create policy notes_all on public.notes for all to authenticated using (desk = (auth.jwt() -> 'user_metadata' ->> 'desks'));
-- @mended
create policy desks_read on public.desks for select to authenticated using (slug = (auth.jwt() -> 'app_metadata' ->> 'desks'));
create policy notes_all on public.notes for all to authenticated using (desk = (auth.jwt() -> 'app_metadata' ->> 'desks'));
