-- story: an author's published articles are for everybody, drafts are not
-- safe
create table public.articles (id uuid primary key default gen_random_uuid(), author_id uuid not null references auth.users, title text not null, published boolean not null default false);
alter table public.articles enable row level security;
create policy read_own on public.articles for select to authenticated using (author_id = auth.uid());
create policy read_published on public.articles for select to anon, authenticated using (published);
create policy write_own on public.articles for insert to authenticated with check (author_id = auth.uid());
grant select on public.articles to anon, authenticated;
grant insert on public.articles to authenticated;
