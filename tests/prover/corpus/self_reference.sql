-- story: comments that answer comments, the thread reached through itself
-- uses: org
-- leaks: public.remarks select
create table public.remarks (id bigint generated always as identity primary key, org_id uuid not null references public.orgs, parent_id bigint references public.remarks on delete cascade, body text not null);
alter table public.remarks enable row level security;
grant select on public.remarks to authenticated;
create policy remarks_read on public.remarks for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
-- @bad
create policy remarks_top on public.remarks for select to authenticated using (parent_id is null);
-- @mended
create policy remarks_none on public.remarks for select to authenticated using (false);
