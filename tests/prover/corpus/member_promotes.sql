-- story: a member edits their own membership, the role in it included
-- uses: org
-- leaks: public.members promote
grant update on public.members to authenticated;
-- @bad
create policy members_own on public.members for update to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
-- @mended
create policy members_own on public.members for update to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
revoke update on public.members from authenticated;
