-- story: every signed-in person reads all pending invitations with their tokens
-- uses: workspaces
-- leaks: public.workspace_invites select
create table public.workspace_invites (id uuid primary key default gen_random_uuid(), workspace_id bigint not null references public.workspaces on delete cascade, email text not null, token text not null unique default gen_random_uuid()::text, role public.ws_role not null default 'member', accepted_at timestamptz);
alter table public.workspace_invites enable row level security;
grant select on public.workspace_invites to authenticated;
-- @bad
create policy inv on public.workspace_invites for select to authenticated using (accepted_at is null);
-- @mended
create policy inv on public.workspace_invites for select to authenticated using (email = auth.jwt() ->> 'email' or public.is_ws_admin(workspace_id));
