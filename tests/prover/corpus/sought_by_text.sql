-- story: texts named after people are looked for by pattern, or put into a statement, and are no ids
-- leaks: public.find_customers(customer_query text) execute; public.in_team(team text) execute; public.called(text) execute
create table public.customers (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users, name text not null);
alter table public.customers enable row level security;
create policy own on public.customers for select to authenticated using (user_id = auth.uid());
grant select on public.customers to authenticated;
-- @bad
create function public.find_customers(customer_query text) returns setof text language sql stable security definer set search_path = '' as $$select c.name from public.customers as c where c.name ilike '%' || customer_query || '%'$$;
create function public.in_team(team text) returns setof text language sql stable security definer set search_path = '' as $$select c.name from public.customers as c where c.name ilike team$$;
create function public.called(text) returns setof text language plpgsql stable security definer set search_path = '' as $$begin return query execute 'select c.name from public.customers as c where c.user_id = auth.uid() and c.name = ''' || $1 || ''''; end$$;
grant execute on function public.find_customers(text), public.in_team(text), public.called(text) to authenticated;
-- @mended
create function public.find_customers(customer_query text) returns setof text language sql stable security definer set search_path = '' as $$select c.name from public.customers as c where c.user_id = auth.uid() and c.name ilike '%' || customer_query || '%'$$;
create function public.in_team(team text) returns setof text language sql stable security definer set search_path = '' as $$select c.name from public.customers as c where c.user_id = auth.uid() and c.name ilike team$$;
create function public.called(text) returns setof text language plpgsql stable security definer set search_path = '' as $$begin return query execute 'select c.name from public.customers as c where c.user_id = auth.uid() and c.name = $1' using $1; end$$;
grant execute on function public.find_customers(text), public.in_team(text), public.called(text) to authenticated;
