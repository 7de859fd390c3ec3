-- story: the tenant comes from a header through a helper
-- leaks: public.tickets select
create table public.tenants (id uuid primary key default gen_random_uuid(), name text);
create table public.tenant_users (tenant_id uuid references public.tenants, user_id uuid references auth.users, primary key (tenant_id, user_id));
create table public.tickets (id bigint generated always as identity primary key, tenant_id uuid not null references public.tenants, subject text not null);
alter table public.tenants enable row level security; alter table public.tenant_users enable row level security; alter table public.tickets enable row level security;
grant select on public.tickets to authenticated;
create function public.current_tenant() returns uuid language sql stable as $$ select nullif(current_setting('request.headers', true)::json ->> 'x-tenant-id', '')::uuid $$;
create function public.belongs(t uuid) returns boolean language sql stable security definer set search_path = '' as $$ select exists (select from public.tenant_users u where u.tenant_id = t and u.user_id = auth.uid()) $$;
-- @bad
create policy t on public.tickets for select to authenticated using (tenant_id = public.current_tenant());
-- @mended
create policy t on public.tickets for select to authenticated using (tenant_id = public.current_tenant() and public.belongs(tenant_id));
