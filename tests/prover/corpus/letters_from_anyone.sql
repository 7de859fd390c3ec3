-- story: a page's owner gets letters from everyone, on purpose; anyone may also rewrite them
-- leaks: public.letters update
-- public: public.letters insert
create table public.pages (id uuid primary key references auth.users, nickname text not null);
create table public.letters (id bigint generated always as identity primary key, page_id uuid not null references public.pages, body text not null);
alter table public.pages enable row level security;
alter table public.letters enable row level security;
create policy own on public.pages for select using (id = auth.uid());
create policy "Anyone can send a letter" on public.letters for insert with check (true);
create policy own on public.letters for select using (page_id = auth.uid());
grant select on public.pages, public.letters to anon, authenticated;
grant insert, update on public.letters to anon, authenticated;
-- @bad
create policy "Anyone can mend a letter" on public.letters for update using (true);
create policy seen on public.letters for select using (body is not null);
-- @mended
create policy own_letters on public.letters for update using (page_id = auth.uid()) with check (page_id = auth.uid());
