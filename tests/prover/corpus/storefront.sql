-- story: a shop's menu is public, its orders are not
-- leaks: public.orders select
create table public.restaurants (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users, name text not null, is_open boolean default true);
create table public.menu_items (id uuid primary key default gen_random_uuid(), restaurant_id uuid not null references public.restaurants on delete cascade, name text not null, price numeric(8,2) not null check (price >= 0), available boolean not null default true);
create table public.orders (id uuid primary key default gen_random_uuid(), restaurant_id uuid not null references public.restaurants, customer_id uuid references auth.users, guest_phone text, total numeric(10,2) not null default 0, status text not null default 'pending' check (status in ('pending','paid','delivered')));
alter table public.restaurants enable row level security; alter table public.menu_items enable row level security; alter table public.orders enable row level security;
create policy "Public can view restaurants" on public.restaurants for select using (true);
create policy "Owners manage restaurant" on public.restaurants for all to authenticated using (owner_id = auth.uid()) with check (owner_id = auth.uid());
create policy "Anyone can view available items" on public.menu_items for select using (available = true);
create policy "Owners manage items" on public.menu_items for all to authenticated using (exists (select 1 from public.restaurants r where r.id = restaurant_id and r.owner_id = auth.uid())) with check (exists (select 1 from public.restaurants r where r.id = restaurant_id and r.owner_id = auth.uid()));
create policy "Anyone can place an order" on public.orders for insert with check (customer_id is null or customer_id = auth.uid());
grant select on public.restaurants, public.menu_items to anon; grant all on public.restaurants, public.menu_items to authenticated; grant select, insert on public.orders to anon, authenticated;
-- @bad
create policy "Enable read access for all users" on public.orders for select using (true);
-- @mended
create policy "Customers and owners" on public.orders for select to authenticated using (customer_id = auth.uid() or exists (select 1 from public.restaurants r where r.id = restaurant_id and r.owner_id = auth.uid()));
