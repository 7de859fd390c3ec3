-- story: platform roles in a table of their own, and someone who grants one to themselves
-- leaks: public.user_roles promote
create type public.app_role as enum ('admin', 'user');
create table public.user_roles (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users on delete cascade, role public.app_role not null, unique (user_id, role));
create function public.has_role(p_user uuid, p_role public.app_role) returns boolean language sql stable security definer set search_path = '' as $$ select exists (select from public.user_roles r where r.user_id = p_user and r.role = p_role) $$;
revoke execute on function public.has_role(uuid, public.app_role) from anon;
create table public.payments (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users, cents integer not null);
alter table public.user_roles enable row level security;
alter table public.payments enable row level security;
create function public.tg_role() returns trigger language plpgsql security definer set search_path = '' as $$ begin insert into public.user_roles (user_id, role) values (new.id, 'user'); return new; end $$;
create trigger first_role after insert on auth.users for each row execute function public.tg_role();
create policy roles_read on public.user_roles for select to authenticated using (user_id = auth.uid());
create policy pay_own on public.payments for select to authenticated using (user_id = auth.uid() or public.has_role(auth.uid(), 'admin'));
grant select, insert on public.user_roles to authenticated;
grant select on public.payments to authenticated;
-- @bad
create policy roles_take on public.user_roles for insert to authenticated with check (user_id = auth.uid());
-- @mended
create policy roles_give on public.user_roles for insert to authenticated with check (public.has_role(auth.uid(), 'admin'));
