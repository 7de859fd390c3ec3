-- story: whoever holds a visit's link reads the visit, by a secret in a header; the price list goes with any visit's id
-- leaks: public.visit_price(p_visit uuid) execute
create table public.houses (id uuid primary key default gen_random_uuid(), title text not null);
create table public.people (id uuid primary key references auth.users, house_id uuid references public.houses);
create table public.visits (id uuid primary key default gen_random_uuid(), house_id uuid not null references public.houses, note text not null, link_token text not null unique default md5(gen_random_uuid()::text));
create function public.house_of(who uuid) returns uuid language sql stable security definer set search_path = '' as 'select house_id from public.people where id = who';
revoke execute on function public.house_of(uuid) from public, anon, authenticated;
create function public.my_house() returns uuid language sql stable security definer set search_path = '' as 'select public.house_of(auth.uid())';
create function public.held_token() returns text language sql stable set search_path = '' as $$select nullif(current_setting('request.headers', true)::json ->> 'x-link-token', '')$$;
create function public.visit_note() returns text language sql stable security definer set search_path = '' as 'select note from public.visits where link_token = public.held_token()';
alter table public.houses enable row level security;
alter table public.people enable row level security;
alter table public.visits enable row level security;
create policy own on public.houses for select to authenticated using (id = public.my_house());
create policy own on public.people for select to authenticated using (id = auth.uid());
create policy in_house on public.visits for select to authenticated using (house_id = public.my_house());
create policy by_link on public.visits for select to anon, authenticated using (link_token = public.held_token());
grant select on public.houses, public.people, public.visits to authenticated;
grant select on public.visits to anon;
-- @bad
create function public.visit_price(p_visit uuid) returns text language sql stable security definer set search_path = '' as 'select note from public.visits where id = p_visit';
grant execute on function public.visit_price(uuid) to anon, authenticated;
-- @mended
create function public.visit_price(p_visit uuid) returns text language sql stable security definer set search_path = '' as 'select note from public.visits where id = p_visit and house_id = public.my_house()';
grant execute on function public.visit_price(uuid) to anon, authenticated;
