-- story: rows outlive their tenant, and a comparison lets null through
-- leaks: public.cards select
create table public.cards (id uuid primary key default gen_random_uuid(), tenant_id uuid, face text);
alter table public.cards enable row level security;
grant select on public.cards to authenticated;
-- @bad
create policy c on public.cards for select to authenticated using (coalesce(tenant_id::text, '') = coalesce(auth.jwt() -> 'app_metadata' ->> 'tenant_id', ''));
-- @mended
create policy c on public.cards for select to authenticated using (tenant_id = (auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid);
