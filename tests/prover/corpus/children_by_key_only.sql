-- story: lines of an order have no tenant column, only their parent
-- uses: org
-- leaks: public.order_lines select
create table public.orders (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, ref text not null);
create table public.order_lines (id uuid primary key default gen_random_uuid(), order_id uuid not null references public.orders on delete cascade, item text not null, qty integer not null check (qty between 1 and 99));
alter table public.orders enable row level security;
alter table public.order_lines enable row level security;
create policy orders_read on public.orders for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
grant select on public.orders, public.order_lines to authenticated;
-- @bad
create policy lines_read on public.order_lines for select to authenticated using (order_id is not null);
-- @mended
create policy lines_read on public.order_lines for select to authenticated using (exists (select from public.orders o where o.id = order_lines.order_id and o.org_id = any ((select public.my_orgs())::uuid[])));
