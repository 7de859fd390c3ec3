-- story: comments are seen where their article is live; letters to the editor lost that condition's other half
-- leaks: public.letters select
create table public.articles (id bigint generated always as identity primary key, author uuid not null default auth.uid() references auth.users, title text not null, live boolean not null default false);
create table public.remarks (id bigint generated always as identity primary key, article bigint not null references public.articles on delete cascade, writer uuid not null default auth.uid() references auth.users, body text not null check (length(body) between 1 and 500));
create table public.letters (id bigint generated always as identity primary key, article bigint not null references public.articles on delete cascade, writer uuid not null default auth.uid() references auth.users, body text not null);
alter table public.articles enable row level security;
alter table public.remarks enable row level security;
alter table public.letters enable row level security;
revoke all on public.articles, public.remarks, public.letters from anon, authenticated;
create policy articles_live on public.articles for select using (live);
create policy articles_own on public.articles for select to authenticated using (author = auth.uid());
create policy remarks_read on public.remarks for select using (exists (select from public.articles a where a.id = article and a.live));
create policy remarks_write on public.remarks for insert to authenticated with check (writer = auth.uid() and exists (select from public.articles a where a.id = article and a.live));
grant select on public.articles, public.remarks to anon, authenticated;
grant insert on public.remarks to authenticated;
grant select on public.letters to authenticated;
-- @bad
create policy letters_read on public.letters for select to authenticated using (writer = auth.uid() or exists (select from public.articles a where a.id = article) or article is not null);
-- @mended
create policy letters_read on public.letters for select to authenticated using (writer = auth.uid() or exists (select from public.articles a where a.id = article and a.author = auth.uid()));
