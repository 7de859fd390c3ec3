-- story: a search function that pastes its argument into SQL
-- uses: accounts
-- leaks: public.search_people(term text) execute
create table public.people (id uuid primary key default gen_random_uuid(), account_id uuid not null references public.accounts, name text not null);
alter table public.people enable row level security;
-- @bad
create function public.search_people(term text) returns setof public.people language plpgsql stable security definer set search_path = '' as $$ begin return query execute format('select * from public.people where account_id = %L and name ilike ''%%%s%%''', private.account_id(), term); end $$;
-- @mended
create function public.search_people(term text) returns setof public.people language plpgsql stable security definer set search_path = '' as $$ begin return query select p.* from public.people p where p.account_id = private.account_id() and p.name ilike '%' || term || '%'; end $$;
