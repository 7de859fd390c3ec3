-- story: a team has a captain, the captain belongs to the team: a cycle of keys
-- leaks: public.captains select
create table public.teams (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users, captain_id uuid not null, title text not null);
create table public.captains (id uuid primary key default gen_random_uuid(), team_id uuid not null references public.teams, nick text not null unique);
alter table public.teams add constraint teams_captain_fkey foreign key (captain_id) references public.captains deferrable initially deferred;
alter table public.teams enable row level security;
create policy t on public.teams for select to authenticated using (owner_id = auth.uid());
grant select on public.teams, public.captains to authenticated;
-- @mended
alter table public.captains enable row level security;
create policy c on public.captains for select to authenticated using (exists (select from public.teams t where t.id = captains.team_id and t.owner_id = auth.uid()));
