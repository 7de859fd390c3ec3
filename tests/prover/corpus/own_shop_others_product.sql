-- story: one argument is checked, the id inside the JSON beside it is not; another reads a list of numbers
-- leaks: public.product_of(p_org uuid, p jsonb) execute; public.orders_by_items(items jsonb) execute
create table public.orgs (id uuid primary key default gen_random_uuid(), name text not null);
create table public.org_members (org_id uuid references public.orgs, user_id uuid references auth.users, primary key (org_id, user_id));
create table public.products (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, name text not null, variants jsonb not null default '["small"]');
create table public.orders (id bigint generated always as identity primary key, org_id uuid not null references public.orgs, note text not null);
alter table public.orgs enable row level security;
alter table public.org_members enable row level security;
alter table public.products enable row level security;
alter table public.orders enable row level security;
create policy own on public.org_members for select to authenticated using (user_id = auth.uid());
create policy own on public.orgs for select to authenticated using (id in (select m.org_id from public.org_members as m where m.user_id = auth.uid()));
create policy own on public.products for select to authenticated using (org_id in (select m.org_id from public.org_members as m where m.user_id = auth.uid()));
create policy own on public.orders for select to authenticated using (org_id in (select m.org_id from public.org_members as m where m.user_id = auth.uid()));
grant select on public.orgs, public.org_members, public.products, public.orders to authenticated;
create function public.is_in(p_org uuid) returns boolean language sql stable security definer set search_path = '' as 'select exists (select from public.org_members as m where m.org_id = p_org and m.user_id = auth.uid())';
-- @bad
create function public.product_of(p_org uuid, p jsonb) returns setof text language plpgsql stable security definer set search_path = '' as $$begin if not public.is_in(p_org) then raise exception 'not yours' using errcode = '42501'; end if; return query select r.name || v from public.products as r left join jsonb_array_elements_text(r.variants) as v on true where r.id = (p ->> 'product_id')::uuid; end$$;
create function public.orders_by_items(items jsonb) returns setof text language sql stable security definer set search_path = '' as 'select o.note from public.orders as o inner join jsonb_to_recordset(items) as x (order_id bigint, quantity integer) on o.id = x.order_id';
grant execute on function public.product_of(uuid, jsonb), public.orders_by_items(jsonb) to authenticated;
-- @mended
create function public.product_of(p_org uuid, p jsonb) returns setof text language plpgsql stable security definer set search_path = '' as $$begin if not public.is_in(p_org) then raise exception 'not yours' using errcode = '42501'; end if; return query select r.name || v from public.products as r left join jsonb_array_elements_text(r.variants) as v on true where r.org_id = p_org and r.id = (p ->> 'product_id')::uuid; end$$;
create function public.orders_by_items(items jsonb) returns setof text language sql stable security definer set search_path = '' as 'select o.note from public.orders as o inner join jsonb_to_recordset(items) as x (order_id bigint, quantity integer) on o.id = x.order_id where public.is_in(o.org_id)';
grant execute on function public.product_of(uuid, jsonb), public.orders_by_items(jsonb) to authenticated;
