-- story: the token lists the workspaces; a helper unfolds the list, and one table trusts a list that users edit
-- leaks: public.drafts select
create table public.workspaces (slug text primary key, plan text default 'free');
create table public.pages (id uuid primary key default gen_random_uuid(), ws text not null references public.workspaces, body jsonb not null default '{}');
create table public.drafts (id uuid primary key default gen_random_uuid(), ws text not null references public.workspaces, body text);
create table public.assets (id bigint generated always as identity primary key, ws text not null references public.workspaces, path text not null);
alter table public.workspaces enable row level security;
alter table public.pages enable row level security;
alter table public.drafts enable row level security;
alter table public.assets enable row level security;
create function public.my_ws() returns text[] language sql stable set search_path = '' as $$ select coalesce(array(select jsonb_array_elements_text(auth.jwt() -> 'app_metadata' -> 'ws')), '{}') $$;
create policy workspaces_read on public.workspaces for select to authenticated using ((auth.jwt() -> 'app_metadata' -> 'ws') ? slug);
create policy pages_all on public.pages for all to authenticated using (ws = any (public.my_ws()));
create policy assets_read on public.assets for select to authenticated using (exists (select 1 from jsonb_array_elements_text(auth.jwt() -> 'app_metadata' -> 'ws') as mine (slug) where mine.slug = assets.ws));
grant select on public.workspaces, public.drafts, public.assets to authenticated;
grant select, insert, update, delete on public.pages to authenticated;
-- @bad
create policy drafts_read on public.drafts for select to authenticated using (ws in (select jsonb_array_elements_text(auth.jwt() -> 'user_metadata' -> 'ws')));
-- @mended
create policy drafts_read on public.drafts for select to authenticated using (ws in (select jsonb_array_elements_text(auth.jwt() -> 'app_metadata' -> 'ws')));
