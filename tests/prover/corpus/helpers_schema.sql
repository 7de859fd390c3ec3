-- story: a schema of helpers that policies call is no part of the API: no alarm
-- safe
create schema app;
grant usage on schema app to anon, authenticated;
create table public.teams (id uuid primary key default gen_random_uuid(), name text);
create table public.team_users (team_id uuid not null references public.teams, user_id uuid not null references auth.users, role text not null default 'member' check (role in ('owner', 'member')), primary key (team_id, user_id));
create table public.jobs (id uuid primary key default gen_random_uuid(), team_id uuid not null references public.teams, title text);
alter table public.teams enable row level security;
alter table public.team_users enable row level security;
alter table public.jobs enable row level security;
create function app.is_member(t uuid, u uuid) returns boolean language sql stable security definer set search_path = '' as $$ select exists (select from public.team_users x where x.team_id = t and x.user_id = u) $$;
create function app.has_any(t uuid) returns boolean language sql stable security definer set search_path = '' as $$ select exists (select from public.team_users x where x.team_id = t) $$;
create policy teams_read on public.teams for select to authenticated using (app.is_member(id, auth.uid()));
create policy tu_read on public.team_users for select to authenticated using (app.is_member(team_id, auth.uid()) and app.has_any(team_id));
create policy jobs_read on public.jobs for select to authenticated using (app.is_member(team_id, auth.uid()));
grant select on public.teams, public.team_users, public.jobs to authenticated;
