-- story: a view asks a helper that is called immutable, and the pool keeps the view's plan
-- leaks: public.my_letters select
create schema private;
create table private.letters (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users, body text);
-- @bad
create function public.who() returns uuid language sql immutable as $$ select nullif(current_setting('request.jwt.claims', true)::json ->> 'sub', '')::uuid $$;
create view public.my_letters with (security_barrier = true) as select id, body from private.letters where user_id = public.who();
grant select on public.my_letters to authenticated;
-- @mended
create function public.who() returns uuid language sql stable as $$ select nullif(current_setting('request.jwt.claims', true)::json ->> 'sub', '')::uuid $$;
create view public.my_letters with (security_barrier = true) as select id, body from private.letters where user_id = public.who();
grant select on public.my_letters to authenticated;
