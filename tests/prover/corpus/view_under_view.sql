-- story: an invoker view over a view with its owner's rights
-- uses: org, leads
-- leaks: public.outer_leads select
create view public.inner_leads as select id, name, org_id from public.leads;
revoke all on public.inner_leads from anon, authenticated;
grant select on public.inner_leads to authenticated;
-- @bad
create view public.outer_leads with (security_invoker) as select * from public.inner_leads;
grant select on public.outer_leads to authenticated;
-- @mended
alter view public.inner_leads set (security_invoker = true);
create view public.outer_leads with (security_invoker) as select * from public.inner_leads;
grant select on public.outer_leads to authenticated;
