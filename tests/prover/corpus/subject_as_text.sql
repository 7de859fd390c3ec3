-- story: users come from elsewhere: the subject is a text and the tenant a claim
-- leaks: public.tasks select
create function public.requesting_user_id() returns text language sql stable as $$ select nullif(current_setting('request.jwt.claims', true)::json ->> 'sub', '')::text $$;
create table public.tasks (id bigint generated always as identity primary key, user_id text not null default public.requesting_user_id(), name text not null);
alter table public.tasks enable row level security;
create policy "own insert" on public.tasks for insert to authenticated with check (public.requesting_user_id() = user_id);
grant select, insert on public.tasks to authenticated;
-- @bad
create policy "read" on public.tasks for select to authenticated using (public.requesting_user_id() is not null);
-- @mended
create policy "own" on public.tasks for select to authenticated using (public.requesting_user_id() = user_id);
