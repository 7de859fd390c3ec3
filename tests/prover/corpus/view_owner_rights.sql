-- story: a view that runs with its owner's rights
-- uses: org, leads
-- leaks: public.lead_names select
-- @bad
create view public.lead_names as select id, name from public.leads;
grant select on public.lead_names to authenticated;
-- @mended
create view public.lead_names with (security_invoker = true) as select id, name from public.leads;
grant select on public.lead_names to authenticated;
