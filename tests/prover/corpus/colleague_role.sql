-- story: an agent may not raise themselves, but may put the owner down
-- uses: org
-- leaks: public.members update
grant update on public.members to authenticated;
-- @bad
create policy members_edit on public.members for update to authenticated using (org_id = any ((select public.my_orgs())::uuid[]) and user_id <> auth.uid()) with check (org_id = any ((select public.my_orgs())::uuid[]));
-- @mended
create policy members_edit on public.members for update to authenticated using (org_id = any ((select public.my_orgs())::uuid[]) and exists (select from public.members m where m.user_id = auth.uid() and m.org_id = members.org_id and m.role = 'owner')) with check (org_id = any ((select public.my_orgs())::uuid[]));
