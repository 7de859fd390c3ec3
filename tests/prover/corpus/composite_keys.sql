-- story: composite keys, and a child whose policy joins only half of one
-- leaks: public.lines select
create table public.shops (id integer primary key, owner_id uuid not null references auth.users);
create table public.carts (shop_id integer not null references public.shops, number integer not null, note text, primary key (shop_id, number));
create table public.lines (shop_id integer not null, number integer not null, position integer not null, item text not null, primary key (shop_id, number, position), foreign key (shop_id, number) references public.carts);
alter table public.shops enable row level security;
alter table public.carts enable row level security;
alter table public.lines enable row level security;
create policy s on public.shops for select to authenticated using (owner_id = auth.uid());
create policy c on public.carts for select to authenticated using (exists (select from public.shops s where s.id = carts.shop_id and s.owner_id = auth.uid()));
grant select on public.shops, public.carts, public.lines to authenticated;
-- @bad
create policy l on public.lines for select to authenticated using (exists (select from public.carts c join public.shops s on s.owner_id = auth.uid() where lines.number > 0 and c.number > 0));
-- @mended
create policy l on public.lines for select to authenticated using (exists (select from public.shops s where s.id = lines.shop_id and s.owner_id = auth.uid()));
