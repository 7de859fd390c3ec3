-- story: shops show what they publish, buyers order and review: no alarm
-- safe
create table public.shops (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users, name text not null);
create table public.goods (id uuid primary key default gen_random_uuid(), shop_id uuid not null references public.shops on delete cascade, title text not null, cents integer not null check (cents >= 0), status text not null default 'draft' check (status in ('draft', 'published')));
create table public.orders (id uuid primary key default gen_random_uuid(), shop_id uuid not null references public.shops, buyer_id uuid not null references auth.users, cents integer not null default 0);
alter table public.shops enable row level security;
alter table public.goods enable row level security;
alter table public.orders enable row level security;
create policy s on public.shops for select to authenticated using (owner_id = auth.uid());
create policy g on public.goods for select to anon, authenticated using (status = 'published' or exists (select from public.shops s where s.id = goods.shop_id and s.owner_id = auth.uid()));
create policy o on public.orders for select to authenticated using (buyer_id = auth.uid() or exists (select from public.shops s where s.id = orders.shop_id and s.owner_id = auth.uid()));
create policy m on public.orders for insert to authenticated with check (buyer_id = auth.uid());
create function public.search_goods(q text) returns setof public.goods language sql stable set search_path = '' as $$ select * from public.goods g where g.title ilike '%' || search_goods.q || '%' $$;
create function public.takings(p_shop uuid) returns bigint language plpgsql stable security definer set search_path = '' as $$
begin
  if not exists (select from public.shops s where s.id = p_shop and s.owner_id = auth.uid()) then raise exception 'not yours' using errcode = '42501'; end if;
  return (select coalesce(sum(o.cents), 0) from public.orders o where o.shop_id = p_shop);
end $$;
grant select on public.goods to anon;
grant select on public.shops, public.goods to authenticated;
grant select, insert on public.orders to authenticated;
