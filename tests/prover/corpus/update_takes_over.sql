-- story: an update that checks only the new row, so others' rows are taken over
-- uses: org
-- leaks: public.tickets move
create table public.tickets (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, title text, shared boolean not null default false);
alter table public.tickets enable row level security;
create policy tickets_read on public.tickets for select to authenticated using (true);
grant select, update on public.tickets to authenticated;
-- @bad
create policy tickets_edit on public.tickets for update to authenticated using (true) with check (org_id = any ((select public.my_orgs())::uuid[]));
-- @mended
drop policy tickets_read on public.tickets;
create policy tickets_read on public.tickets for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
create policy tickets_edit on public.tickets for update to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
