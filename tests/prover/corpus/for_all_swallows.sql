-- story: only owners may delete a contract, says a policy that another one for all swallows
-- uses: org
-- leaks: public.contracts delete
create function public.is_owner(o uuid) returns boolean language sql stable security definer set search_path = ''
as $$ select exists (select from public.members m where m.org_id = o and m.user_id = auth.uid() and m.active and m.role = 'owner') $$;
create table public.contracts (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, title text);
alter table public.contracts enable row level security;
grant select, insert, update, delete on public.contracts to authenticated;
create policy contracts_delete_owner on public.contracts for delete to authenticated using (public.is_owner(org_id));
-- @bad
create policy contracts_members on public.contracts for all to authenticated using (org_id = any ((select public.my_orgs())::uuid[])) with check (org_id = any ((select public.my_orgs())::uuid[]));
-- @mended
create policy contracts_read on public.contracts for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
create policy contracts_add on public.contracts for insert to authenticated with check (org_id = any ((select public.my_orgs())::uuid[]));
create policy contracts_edit on public.contracts for update to authenticated using (org_id = any ((select public.my_orgs())::uuid[])) with check (org_id = any ((select public.my_orgs())::uuid[]));
