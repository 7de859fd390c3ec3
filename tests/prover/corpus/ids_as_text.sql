-- story: functions that take a person's or an order's id as text, by name, without a name, or in an array, and cast it inside
-- leaks: public.orders_of(user_id text) execute; public.total_of(text) execute; public.notes_of(order_ids text[]) execute
create table public.orders (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users, note text not null, total numeric not null default 10);
alter table public.orders enable row level security;
create policy own on public.orders for select to authenticated using (user_id = auth.uid());
grant select on public.orders to authenticated;
-- @bad
create function public.orders_of(user_id text) returns table (note text) language sql stable security definer set search_path = '' as 'select o.note from public.orders as o where o.user_id = orders_of.user_id::uuid';
create function public.total_of(text) returns text language sql stable security definer set search_path = '' as 'select string_agg(o.note, $$,$$) from public.orders as o where o.user_id::text = $1';
create function public.notes_of(order_ids text[]) returns setof text language sql stable security definer set search_path = '' as 'select o.note from public.orders as o where o.id::text = any (notes_of.order_ids)';
grant execute on function public.orders_of(text), public.total_of(text), public.notes_of(text[]) to authenticated;
-- @mended
create function public.orders_of(user_id text) returns table (note text) language sql stable security definer set search_path = '' as 'select o.note from public.orders as o where o.user_id = orders_of.user_id::uuid and o.user_id = auth.uid()';
create function public.total_of(text) returns text language sql stable security definer set search_path = '' as 'select string_agg(o.note, $$,$$) from public.orders as o where o.user_id::text = $1 and o.user_id = auth.uid()';
create function public.notes_of(order_ids text[]) returns setof text language sql stable security definer set search_path = '' as 'select o.note from public.orders as o where o.id::text = any (notes_of.order_ids) and o.user_id = auth.uid()';
grant execute on function public.orders_of(text), public.total_of(text), public.notes_of(text[]) to authenticated;
