-- story: safe from the start: rows ask for a second factor and for no guest
-- safe
create table public.letters (id uuid primary key default gen_random_uuid(), user_id uuid not null default auth.uid() references auth.users, body text);
alter table public.letters enable row level security;
create policy letters_own on public.letters for all to authenticated using ((select auth.uid()) = user_id);
create policy letters_strong on public.letters as restrictive for all to authenticated using ((select auth.jwt() ->> 'aal') = 'aal2');
create policy letters_no_guest on public.letters as restrictive for insert to authenticated with check ((select (auth.jwt() ->> 'is_anonymous')::boolean) is false);
grant select, insert, update, delete on public.letters to authenticated;
