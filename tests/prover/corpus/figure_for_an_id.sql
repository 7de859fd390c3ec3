-- story: a function sums the bills of the house that it is asked about, whoever asks
-- leaks: public.owed(h bigint) execute
create table public.house (hid bigint generated always as identity primary key, title text not null);
create table public.tenancy (hid bigint not null references public.house, account uuid not null references auth.users, primary key (hid, account));
create table public.bill (id bigint generated always as identity primary key, hid bigint not null references public.house, eur numeric(9, 2) not null);
create function public.my_houses() returns setof bigint language sql stable security definer set search_path = '' as $$ select t.hid from public.tenancy as t where t.account = auth.uid() $$;
alter table public.house enable row level security;
alter table public.tenancy enable row level security;
alter table public.bill enable row level security;
create policy see on public.house for select to authenticated using (hid in (select public.my_houses()));
create policy see on public.tenancy for select to authenticated using (account = auth.uid());
create policy see on public.bill for select to authenticated using (hid in (select public.my_houses()));
grant select on public.house, public.tenancy, public.bill to authenticated;
-- @bad
create function public.owed(h bigint) returns numeric language sql stable security definer set search_path = '' as $$ select sum(b.eur) from public.bill as b where b.hid = owed.h $$;
grant execute on function public.owed to authenticated;
-- @mended
create function public.owed(h bigint) returns numeric language sql stable security definer set search_path = '' as $$ select sum(b.eur) from public.bill as b where b.hid = owed.h and b.hid in (select public.my_houses()) $$;
grant execute on function public.owed to authenticated;
