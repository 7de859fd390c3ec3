create table public.profiles (id uuid primary key references auth.users on delete cascade, handle text unique, bio text);
create table public.teams (slug text primary key check (slug ~ '^[a-z0-9-]{3,40}$'), name text not null);
create table public.team_members (team text not null references public.teams (slug) on update cascade on delete cascade, profile uuid not null references public.profiles on delete cascade, role text not null default 'member' check (role in ('owner', 'member')), primary key (team, profile));
alter table public.profiles enable row level security;
alter table public.teams enable row level security;
alter table public.team_members enable row level security;
create function public.my_teams() returns setof text language sql stable security definer set search_path = ''
as $$ select tm.team from public.team_members tm where tm.profile = auth.uid() $$;
create policy p_r on public.profiles for select to authenticated using (id = auth.uid());
create policy t_r on public.teams for select to authenticated using (slug in (select public.my_teams()));
create policy tm_r on public.team_members for select to authenticated using (team in (select public.my_teams()));
grant select on public.profiles, public.teams, public.team_members to authenticated;
