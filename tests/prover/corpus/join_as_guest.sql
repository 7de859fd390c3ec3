-- story: anyone signed in adds themselves to a workspace as a guest
-- uses: workspaces
-- leaks: public.workspace_members insert
grant insert on public.workspace_members to authenticated;
-- @bad
create policy wm_i on public.workspace_members for insert to authenticated with check (user_id = auth.uid() and role = 'guest');
-- @mended
create policy wm_i on public.workspace_members for insert to authenticated with check (public.is_ws_admin(workspace_id));
