-- story: a materialized view has no row security
-- uses: org, leads
-- leaks: public.org_totals select
create materialized view public.org_totals as select l.org_id, count(*) as leads, sum(l.amount) as amount from public.leads l group by l.org_id;
-- @bad
grant select on public.org_totals to authenticated;
-- @mended
revoke all on public.org_totals from public, anon, authenticated;
create view public.my_totals with (security_barrier) as select * from public.org_totals t where t.org_id = any ((select public.my_orgs())::uuid[]);
grant select on public.my_totals to authenticated;
