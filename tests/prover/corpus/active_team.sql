-- story: the active team lies in a settings row that one edits
-- uses: teams
-- leaks: public.user_settings attach
create table public.user_settings (user_id uuid primary key references auth.users on delete cascade, active_team text references public.teams, theme text default 'dark');
create table public.pages (id uuid primary key default gen_random_uuid(), team text not null references public.teams on update cascade, html text);
alter table public.user_settings enable row level security;
alter table public.pages enable row level security;
create policy us on public.user_settings for all to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update on public.user_settings to authenticated;
grant select on public.pages to authenticated;
-- @bad
create policy pg on public.pages for select to authenticated using (team = (select us.active_team from public.user_settings us where us.user_id = auth.uid()));
-- @mended
create policy pg on public.pages for select to authenticated using (team = (select us.active_team from public.user_settings us where us.user_id = auth.uid()) and team in (select public.my_teams()));
