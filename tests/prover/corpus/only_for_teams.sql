-- story: boards hang on spaces that are shared, and the flag that says so is off unless it is said
-- leaks: public.boards select
create table public.spaces (id uuid primary key default gen_random_uuid(), name text not null, is_shared boolean not null default false);
create table public.space_members (space_id uuid not null references public.spaces, user_id uuid not null references auth.users, primary key (space_id, user_id));
create table public.boards (id uuid primary key default gen_random_uuid(), space_id uuid not null references public.spaces, title text);
alter table public.spaces enable row level security;
alter table public.space_members enable row level security;
alter table public.boards enable row level security;
create function public.tg_boards() returns trigger language plpgsql as $$ begin
  if not exists (select from public.spaces s where s.id = new.space_id and s.is_shared) then raise exception 'only shared spaces have boards'; end if; return new; end $$;
create trigger boards_shared before insert on public.boards for each row execute function public.tg_boards();
create policy m on public.space_members for select to authenticated using (user_id = auth.uid());
grant select on public.spaces, public.space_members, public.boards to authenticated;
-- @bad
create policy b on public.boards for select to authenticated using (title is not null);
-- @mended
create policy b on public.boards for select to authenticated using (space_id in (select m.space_id from public.space_members m where m.user_id = auth.uid()));
