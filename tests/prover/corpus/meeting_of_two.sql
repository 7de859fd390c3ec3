-- story: buyers write to sellers, active listings are for everyone, and so are figures made of them
-- leaks: public.chats select
create table public.members (id uuid primary key references auth.users on delete cascade, role text not null default 'buyer' check (role in ('buyer', 'seller', 'admin')));
create table public.listings (id uuid primary key default gen_random_uuid(), seller_id uuid not null references public.members, title text not null, status text not null default 'draft' check (status in ('draft', 'active', 'sold')));
create table public.chats (id uuid primary key default gen_random_uuid(), listing_id uuid references public.listings on delete set null, buyer_id uuid not null references public.members, seller_id uuid not null references public.members, unique (listing_id, buyer_id));
create table public.lines (id bigint generated always as identity primary key, chat_id uuid not null references public.chats on delete cascade, sender_id uuid not null references public.members, body text not null);
create function public.tg_sign_up() returns trigger language plpgsql security definer set search_path = '' as $$
begin insert into public.members (id) values (new.id); return new; end $$;
create trigger sign_up after insert on auth.users for each row execute function public.tg_sign_up();
create function public.is_admin() returns boolean language sql stable security definer set search_path = '' as $$ select exists (select from public.members m where m.id = auth.uid() and m.role = 'admin') $$;
alter table public.members enable row level security;
alter table public.listings enable row level security;
alter table public.chats enable row level security;
alter table public.lines enable row level security;
create policy me on public.members for select to authenticated using (id = auth.uid() or public.is_admin());
create policy li on public.listings for select to anon, authenticated using (status = 'active' or seller_id = auth.uid());
create policy ci on public.chats for insert to authenticated with check (buyer_id = auth.uid());
create policy ln on public.lines for select to authenticated using (exists (select from public.chats c where c.id = chat_id and auth.uid() in (c.buyer_id, c.seller_id)));
create view public.shop_windows with (security_barrier = true) as select l.seller_id, count(*) as offers from public.listings l where l.status = 'active' group by 1;
revoke all on public.members, public.listings, public.chats, public.lines, public.shop_windows from anon, authenticated;
grant select on public.members, public.lines to authenticated;
grant select on public.listings, public.shop_windows to anon, authenticated;
grant select, insert on public.chats to authenticated;
-- @bad
create policy ch on public.chats for select to authenticated using (auth.uid() <> seller_id or auth.uid() = seller_id);
-- @mended
create policy ch on public.chats for select to authenticated using (auth.uid() in (buyer_id, seller_id));
