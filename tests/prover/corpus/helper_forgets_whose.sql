-- story: a helper that lists teams and forgets whose
-- uses: teams
-- leaks: public.pages select
create table public.pages (id uuid primary key default gen_random_uuid(), team text not null references public.teams on update cascade, html text);
alter table public.pages enable row level security;
grant select on public.pages to authenticated;
-- @bad
create function public.teams_visible() returns setof text language sql stable security definer set search_path = '' as $$ select tm.team from public.team_members tm where tm.role in ('owner', 'member') $$;
create policy pg on public.pages for select to authenticated using (team in (select public.teams_visible()));
-- @mended
create policy pg on public.pages for select to authenticated using (team in (select public.my_teams()));
