create table public.leads (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.orgs on delete cascade,
  name text not null,
  email text,
  amount numeric(10, 2) not null default 0,
  created_at timestamptz not null default now()
);
alter table public.leads enable row level security;
create policy leads_read on public.leads for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
grant select, insert, update, delete on public.leads to authenticated;
