-- story: a trigger gives every new user a team; invitations are readable by all
-- leaks: public.invites select
create table public.teams (id uuid primary key default gen_random_uuid(), name text not null, made_by uuid references auth.users);
create table public.team_members (team_id uuid not null references public.teams on delete cascade, user_id uuid not null references auth.users on delete cascade, role text not null default 'member' check (role in ('owner', 'member')), primary key (team_id, user_id));
create function public.tg_team() returns trigger language plpgsql security definer set search_path = '' as $$
declare v uuid; begin
  insert into public.teams (name, made_by) values (new.email, new.id) returning id into v;
  insert into public.team_members (team_id, user_id, role) values (v, new.id, 'owner');
  return new; end $$;
create trigger team after insert on auth.users for each row execute function public.tg_team();
create function public.my_team() returns uuid language sql stable security definer set search_path = '' as $$ select m.team_id from public.team_members m where m.user_id = auth.uid() order by m.role desc limit 1 $$;
create table public.invites (id uuid primary key default gen_random_uuid(), team_id uuid not null references public.teams on delete cascade, email text not null, token text not null unique, expires_at timestamptz not null);
create table public.plays (id uuid primary key default gen_random_uuid(), team_id uuid not null references public.teams, title text);
alter table public.teams enable row level security;
alter table public.team_members enable row level security;
alter table public.invites enable row level security;
alter table public.plays enable row level security;
create policy t on public.teams for select to authenticated using (id = (select public.my_team()));
create policy m on public.team_members for select to authenticated using (team_id = (select public.my_team()));
create policy p on public.plays for all to authenticated using (team_id = (select public.my_team()));
grant select on public.teams, public.team_members, public.invites to authenticated;
grant select, insert, update, delete on public.plays to authenticated;
-- @bad
create policy i on public.invites for select to authenticated using (expires_at > now());
-- @mended
create policy i on public.invites for select to authenticated using (team_id = (select public.my_team()) or email = auth.email());
