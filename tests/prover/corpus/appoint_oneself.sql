-- story: who stands in a table of admins sees every order; whoever likes may enter there
-- leaks: public.admins insert
create table public.admins (user_id uuid primary key references auth.users);
create table public.orders (id uuid primary key default gen_random_uuid(), customer uuid not null default auth.uid() references auth.users, status text not null default 'cart' check (status in ('cart', 'paid')), created_at timestamptz not null default now());
create table public.order_items (order_id uuid not null references public.orders on delete cascade, sku text not null, qty int not null check (qty > 0), primary key (order_id, sku));
alter table public.admins enable row level security;
alter table public.orders enable row level security;
alter table public.order_items enable row level security;
revoke all on public.admins, public.orders, public.order_items from anon, authenticated;
create function public.is_admin() returns boolean language sql stable security definer set search_path = '' as $$ select exists (select 1 from public.admins where user_id = (select auth.uid())) $$;
create policy admins_read on public.admins for select to authenticated using (user_id = auth.uid());
create policy orders_read on public.orders for select to authenticated using (customer = (select auth.uid()) or public.is_admin());
create policy items_read on public.order_items for select to authenticated using (exists (select 1 from public.orders o where o.id = order_id and (o.customer = (select auth.uid()) or public.is_admin())));
grant select, insert on public.admins to authenticated;
grant select on public.orders, public.order_items to authenticated;
-- @bad
create policy admins_enter on public.admins for insert to authenticated with check (user_id = auth.uid());
-- @mended
create policy admins_enter on public.admins for insert to authenticated with check (public.is_admin());
