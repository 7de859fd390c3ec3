-- story: who may read a room stands in an array of the room itself; one policy asks only whether it is filled
-- leaks: public.rooms select
create table public.rooms (id uuid primary key default gen_random_uuid(), participants uuid[] not null, topic text);
create table public.room_messages (id bigserial primary key, room_id uuid not null references public.rooms on delete cascade, author uuid not null default auth.uid() references auth.users, body text not null);
create table public.boards (id uuid primary key default gen_random_uuid(), title text, shared_with uuid[] not null default '{}');
alter table public.rooms enable row level security;
alter table public.room_messages enable row level security;
alter table public.boards enable row level security;
create policy messages_read on public.room_messages for select to authenticated using (exists (select 1 from public.rooms r where r.id = room_id and auth.uid() = any (r.participants)));
create policy messages_write on public.room_messages for insert to authenticated with check (author = auth.uid() and exists (select 1 from public.rooms r where r.id = room_id and auth.uid() = any (r.participants)));
create policy boards_read on public.boards for select to authenticated using (shared_with @> array[auth.uid()]);
grant select on public.rooms, public.boards to authenticated;
grant select, insert on public.room_messages to authenticated;
grant usage on all sequences in schema public to authenticated;
-- @bad
create policy rooms_read on public.rooms for select to authenticated using (cardinality(participants) > 0);
-- @mended
create policy rooms_read on public.rooms for select to authenticated using (auth.uid() = any (participants));
