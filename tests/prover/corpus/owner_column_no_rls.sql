-- story: notes of one person, row security forgotten
-- leaks: public.notes select
create table public.notes (id bigint generated always as identity primary key, user_id uuid not null references auth.users, body text not null);
grant select, insert, update, delete on public.notes to authenticated;
-- @mended
alter table public.notes enable row level security;
create policy notes_own on public.notes for all to authenticated using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
