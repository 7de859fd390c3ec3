-- story: two insert policies, each half of a rule, unite into none
-- uses: org, leads
-- leaks: public.leads insert
-- @bad
create policy half_one on public.leads for insert to authenticated with check (org_id = any ((select public.my_orgs())::uuid[]));
create policy half_two on public.leads for insert to authenticated with check (amount >= 0);
-- @mended
create policy half_one on public.leads for insert to authenticated with check (org_id = any ((select public.my_orgs())::uuid[]));
create policy half_two on public.leads as restrictive for insert to authenticated with check (amount >= 0);
