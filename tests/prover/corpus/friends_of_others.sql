-- story: friends read each other's posts, strangers do not
-- leaks: public.posts select
create table public.profiles (id uuid primary key references auth.users on delete cascade, username text not null unique);
create table public.friendships (id uuid primary key default gen_random_uuid(), requester_id uuid not null references public.profiles on delete cascade, addressee_id uuid not null references public.profiles on delete cascade, status text not null default 'pending' check (status in ('pending','accepted','blocked')), unique (requester_id, addressee_id), check (requester_id <> addressee_id));
create table public.posts (id uuid primary key default gen_random_uuid(), author_id uuid not null references public.profiles on delete cascade, body text not null, visibility text not null default 'friends' check (visibility in ('public','friends','private')));
alter table public.profiles enable row level security; alter table public.friendships enable row level security; alter table public.posts enable row level security;
create policy f_r on public.friendships for select to authenticated using (auth.uid() in (requester_id, addressee_id));
create policy f_i on public.friendships for insert to authenticated with check (requester_id = auth.uid() and status = 'pending');
create policy f_u on public.friendships for update to authenticated using (addressee_id = auth.uid()) with check (addressee_id = auth.uid());
create policy pr on public.profiles for select to authenticated using (id = auth.uid());
create policy po_w on public.posts for insert to authenticated with check (author_id = auth.uid());
revoke all on public.profiles, public.posts, public.friendships from anon, authenticated;
grant select on public.profiles to authenticated; grant select, insert on public.posts to authenticated; grant select, insert on public.friendships to authenticated; grant update (status) on public.friendships to authenticated;
-- @bad
create policy po on public.posts for select to authenticated using (author_id = auth.uid() or visibility = 'public' or (visibility = 'friends' and exists (select 1 from public.friendships f where f.status = 'accepted')) or visibility = 'friends' and auth.uid() is not null);
-- @mended
create policy po on public.posts for select to authenticated using (author_id = auth.uid() or visibility = 'public' or (visibility = 'friends' and exists (select 1 from public.friendships f where f.status = 'accepted' and ((f.requester_id = auth.uid() and f.addressee_id = author_id) or (f.addressee_id = auth.uid() and f.requester_id = author_id)))));
