-- story: a friendship is asked for properly, and then accepted by the one who asked
-- leaks: public.friendships accept
create table public.people (id uuid primary key references auth.users, nick text);
create table public.friendships (a uuid not null references public.people, b uuid not null references public.people, state text not null default 'pending' check (state in ('pending', 'accepted')), primary key (a, b), check (a <> b));
create table public.statuses (id bigserial primary key, author uuid not null references public.people default auth.uid(), txt text not null);
alter table public.people enable row level security;
alter table public.friendships enable row level security;
alter table public.statuses enable row level security;
create policy people_read on public.people for select to authenticated using (id = auth.uid());
create policy friendships_read on public.friendships for select to authenticated using (auth.uid() in (a, b));
create policy statuses_read on public.statuses for select to authenticated using (author = auth.uid() or exists (select 1 from public.friendships f where f.state = 'accepted' and ((f.a = auth.uid() and f.b = author) or (f.b = auth.uid() and f.a = author))));
grant select on public.people, public.statuses to authenticated;
grant select, insert, update on public.friendships to authenticated;
create policy friendships_ask on public.friendships for insert to authenticated with check (a = auth.uid() and state = 'pending');
-- @bad
create policy friendships_answer on public.friendships for update to authenticated using (auth.uid() in (a, b)) with check (auth.uid() in (a, b));
-- @mended
create policy friendships_answer on public.friendships for update to authenticated using (b = auth.uid()) with check (b = auth.uid());
