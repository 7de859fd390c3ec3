-- story: a missing claim falls back to somebody's tenant
-- leaks: public.visits select
create table public.visits (id uuid primary key default gen_random_uuid(), tenant_id uuid not null, page text);
alter table public.visits enable row level security;
grant select on public.visits to authenticated;
-- @bad
create policy visits_read on public.visits for select to authenticated using (tenant_id = coalesce((auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid, tenant_id));
-- @mended
create policy visits_read on public.visits for select to authenticated using (tenant_id = (auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid);
