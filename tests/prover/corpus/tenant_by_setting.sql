-- story: the tenant lies in a setting of the server, set by a hook before each request
-- leaks: public.bills select
create table public.tenants (id uuid primary key default gen_random_uuid(), name text not null);
create table public.tenant_users (tenant_id uuid not null references public.tenants, user_id uuid not null references auth.users, primary key (tenant_id, user_id));
create table public.bills (id uuid primary key default gen_random_uuid(), tenant_id uuid not null references public.tenants, amount numeric not null default 1, memo text);
alter table public.tenants enable row level security; alter table public.tenant_users enable row level security; alter table public.bills enable row level security;
grant select on public.bills to authenticated;
-- @bad
create policy b on public.bills for select to authenticated using (tenant_id = coalesce(nullif(current_setting('app.tenant_id', true), '')::uuid, tenant_id));
-- @mended
create policy b on public.bills for select to authenticated using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
