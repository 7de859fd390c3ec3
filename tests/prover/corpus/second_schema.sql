-- story: a second exposed schema without row security
-- uses: org
-- leaks: reporting.figures select
create schema reporting;
grant usage on schema reporting to anon, authenticated;
create table reporting.figures (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, label text, amount integer);
grant select on reporting.figures to authenticated;
-- @mended
alter table reporting.figures enable row level security;
create policy figures_read on reporting.figures for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
