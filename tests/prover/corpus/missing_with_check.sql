-- story: an insert policy that does not ask for whom
-- uses: org, leads
-- leaks: public.leads insert
-- @bad
create policy leads_make on public.leads for insert to authenticated with check (auth.uid() is not null);
-- @mended
create policy leads_make on public.leads for insert to authenticated with check (org_id = any ((select public.my_orgs())::uuid[]));
