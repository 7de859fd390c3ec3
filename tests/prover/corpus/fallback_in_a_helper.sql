-- story: a helper that finds no claim takes the newest brand instead
-- leaks: public.visitors select
create table public.brands (id uuid primary key, nm text);
create table public.visitors (id uuid primary key default gen_random_uuid(), brand uuid not null references public.brands, phone text);
alter table public.brands enable row level security;
alter table public.visitors enable row level security;
create policy brands_read on public.brands for select to authenticated using (id = (auth.jwt() -> 'app_metadata' ->> 'brand')::uuid);
grant select on public.brands, public.visitors to authenticated;
-- @bad
create function public.brand() returns uuid language sql stable security definer set search_path = '' as $$ select coalesce((auth.jwt() -> 'app_metadata' ->> 'brand')::uuid, (select id from public.brands order by id desc limit 1)) $$;
create policy visitors_read on public.visitors for select to authenticated using (brand = public.brand());
-- @mended
create function public.brand() returns uuid language sql stable set search_path = '' as $$ select (auth.jwt() -> 'app_metadata' ->> 'brand')::uuid $$;
create policy visitors_read on public.visitors for select to authenticated using (brand = public.brand());
