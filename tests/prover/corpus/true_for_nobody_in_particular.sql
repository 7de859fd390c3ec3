-- story: a policy without roles lets everybody read what has an owner
-- uses: org
-- leaks: public.pipelines select
create table public.pipelines (id bigint primary key generated always as identity, org_id uuid not null references public.orgs, stage text);
alter table public.pipelines enable row level security;
grant select on public.pipelines to authenticated;
-- @bad
create policy p on public.pipelines for select using (true);
-- @mended
create policy p on public.pipelines for select using (org_id = any ((select public.my_orgs())::uuid[]));
