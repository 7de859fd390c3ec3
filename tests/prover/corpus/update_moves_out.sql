-- story: an update whose new row nobody checks
-- uses: org, leads
-- leaks: public.leads move
-- @bad
create policy leads_edit on public.leads for update to authenticated using (org_id = any ((select public.my_orgs())::uuid[])) with check (true);
-- @mended
create policy leads_edit on public.leads for update to authenticated using (org_id = any ((select public.my_orgs())::uuid[])) with check (org_id = any ((select public.my_orgs())::uuid[]));
