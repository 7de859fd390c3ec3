-- story: a misspelt claim is missing from every token, and missing lets all through
-- leaks: public.shifts select
create table public.shifts (id uuid primary key default gen_random_uuid(), tenant_id uuid not null, label text);
alter table public.shifts enable row level security;
grant select on public.shifts to authenticated;
-- @bad
create policy s on public.shifts for select to authenticated using (auth.uid() is not null and (tenant_id = (auth.jwt() -> 'app_metadata' ->> 'tennant_id')::uuid or (auth.jwt() -> 'app_metadata' ->> 'tennant_id') is null));
-- @mended
create policy s on public.shifts for select to authenticated using (auth.uid() is not null and tenant_id = (auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid);
