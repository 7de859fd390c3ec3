-- story: joining a team by inserting the membership oneself
-- uses: org, leads
-- leaks: public.members insert
grant insert on public.members to authenticated;
-- @bad
create policy members_join on public.members for insert to authenticated with check (user_id = auth.uid());
-- @mended
create function public.is_manager(p_org uuid) returns boolean language sql stable security definer set search_path = '' as $$ select exists (select from public.members m where m.org_id = p_org and m.user_id = auth.uid() and m.role in ('owner', 'manager') and m.active) $$;
create policy members_join on public.members for insert to authenticated with check (public.is_manager(org_id));
