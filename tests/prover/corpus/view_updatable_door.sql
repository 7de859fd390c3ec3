-- story: a view that filters what is read, and not what is written
-- uses: org, leads
-- leaks: public.open_leads insert
-- @bad
create view public.open_leads as select * from public.leads l where l.org_id = any ((select public.my_orgs())::uuid[]);
grant select, insert, update, delete on public.open_leads to authenticated;
-- @mended
create view public.open_leads as select * from public.leads l where l.org_id = any ((select public.my_orgs())::uuid[]) with cascaded check option;
grant select, insert, update, delete on public.open_leads to authenticated;
