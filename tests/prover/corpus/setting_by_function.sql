-- story: a function sets the tenant without asking
-- leaks: public.use_tenant(t uuid) execute
create table public.tenants (id uuid primary key default gen_random_uuid(), name text not null);
create table public.tenant_users (tenant_id uuid not null references public.tenants, user_id uuid not null references auth.users, primary key (tenant_id, user_id));
create table public.bills (id uuid primary key default gen_random_uuid(), tenant_id uuid not null references public.tenants, memo text);
alter table public.tenants enable row level security; alter table public.tenant_users enable row level security; alter table public.bills enable row level security;
grant select on public.bills to authenticated;
create policy b on public.bills for select to authenticated using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
-- @bad
create function public.use_tenant(t uuid) returns setof public.bills language plpgsql set search_path = '' as $$ begin perform set_config('app.tenant_id', t::text, true); return query select * from public.bills; end $$;
-- @mended
create function public.use_tenant(t uuid) returns setof public.bills language plpgsql set search_path = '' as $$ begin if not exists (select 1 from public.tenant_users u where u.tenant_id = t and u.user_id = auth.uid()) then raise exception 'no' using errcode = '42501'; end if; perform set_config('app.tenant_id', t::text, true); return query select * from public.bills; end $$;
