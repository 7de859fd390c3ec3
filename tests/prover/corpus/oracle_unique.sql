-- story: a unique email over all organisations tells who is a customer elsewhere
-- uses: org, leads
-- oracle: public.leads insert
create policy leads_make on public.leads for insert to authenticated with check (org_id = any ((select public.my_orgs())::uuid[]));
-- @bad
alter table public.leads add constraint leads_email_key unique (email);
-- @mended
alter table public.leads add constraint leads_email_key unique (org_id, email);
