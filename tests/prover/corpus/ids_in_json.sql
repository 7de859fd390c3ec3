-- story: functions that take ids in a list of JSON, as words or in records, and a shop by its short name
-- leaks: public.orders_by_list(payload jsonb) execute; public.orders_by_items(items jsonb) execute; public.shop_revenue(shop_slug character varying) execute
create table public.shops (id uuid primary key default gen_random_uuid(), owner uuid not null references auth.users, slug text not null unique, revenue numeric not null);
create table public.orders (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users, note text not null);
alter table public.shops enable row level security;
alter table public.orders enable row level security;
create policy own on public.shops for select to authenticated using (owner = auth.uid());
create policy own on public.orders for select to authenticated using (user_id = auth.uid());
grant select on public.shops, public.orders to authenticated;
create function public.is_an_id(id text) returns boolean language sql stable security definer set search_path = '' as $$select id ~ '^[0-9a-f-]{36}$'$$;
grant execute on function public.is_an_id(text) to authenticated;
-- @bad
create function public.orders_by_list(payload jsonb) returns setof text language sql stable security definer set search_path = '' as 'select o.note from public.orders as o inner join jsonb_array_elements_text(payload) as x (id) on o.id = x.id::uuid';
create function public.orders_by_items(items jsonb) returns setof text language sql stable security definer set search_path = '' as 'select o.note from public.orders as o inner join jsonb_to_recordset(items) as x (order_id uuid, quantity integer) on o.id = x.order_id';
create function public.shop_revenue(shop_slug varchar) returns numeric language sql stable security definer set search_path = '' as 'select s.revenue from public.shops as s where s.slug = shop_slug';
grant execute on function public.orders_by_list(jsonb), public.orders_by_items(jsonb), public.shop_revenue(varchar) to authenticated;
-- @mended
create function public.orders_by_list(payload jsonb) returns setof text language sql stable security definer set search_path = '' as 'select o.note from public.orders as o inner join jsonb_array_elements_text(payload) as x (id) on o.id = x.id::uuid where o.user_id = auth.uid()';
create function public.orders_by_items(items jsonb) returns setof text language sql stable security definer set search_path = '' as 'select o.note from public.orders as o inner join jsonb_to_recordset(items) as x (order_id uuid, quantity integer) on o.id = x.order_id where o.user_id = auth.uid()';
create function public.shop_revenue(shop_slug varchar) returns numeric language sql stable security definer set search_path = '' as 'select s.revenue from public.shops as s where s.slug = shop_slug and s.owner = auth.uid()';
grant execute on function public.orders_by_list(jsonb), public.orders_by_items(jsonb), public.shop_revenue(varchar) to authenticated;
