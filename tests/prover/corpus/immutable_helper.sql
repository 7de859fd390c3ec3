-- story: a helper called immutable is folded into a plan, and the pool keeps the plan
-- leaks: public.diaries select
create table public.diaries (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users, page text);
alter table public.diaries enable row level security;
grant select on public.diaries to authenticated;
-- @bad
create function public.me() returns uuid language sql immutable as $$ select (current_setting('request.jwt.claims', true)::json ->> 'sub')::uuid $$;
create policy own on public.diaries for select to authenticated using (user_id = public.me());
-- @mended
create function public.me() returns uuid language sql stable as $$ select (current_setting('request.jwt.claims', true)::json ->> 'sub')::uuid $$;
create policy own on public.diaries for select to authenticated using (user_id = public.me());
