-- story: the tenant is read from a request header
-- uses: org
-- leaks: public.calls select
create table public.calls (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, summary text);
alter table public.calls enable row level security;
grant select on public.calls to authenticated;
-- @bad
create policy calls_read on public.calls for select to authenticated using (org_id = (current_setting('request.headers', true)::json ->> 'x-org-id')::uuid);
-- @mended
create policy calls_read on public.calls for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]) and org_id = coalesce((current_setting('request.headers', true)::json ->> 'x-org-id')::uuid, org_id));
