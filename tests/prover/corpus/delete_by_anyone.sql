-- story: a delete policy for whoever is signed in
-- uses: org, leads
-- leaks: public.leads delete
-- @bad
create policy leads_drop on public.leads for delete to authenticated using (auth.role() = 'authenticated');
-- @mended
create policy leads_drop on public.leads for delete to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
