-- story: colleagues read and edit each other's rows, by design
-- uses: org, leads
-- safe
create table public.lead_notes (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, author_id uuid not null references auth.users, body text not null);
alter table public.lead_notes enable row level security;
create policy n on public.lead_notes for all to authenticated using (org_id = any ((select public.my_orgs())::uuid[])) with check (org_id = any ((select public.my_orgs())::uuid[]));
grant select, insert, update, delete on public.lead_notes to authenticated;
create policy leads_edit on public.leads for update to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
