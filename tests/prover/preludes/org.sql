create table public.orgs (id uuid primary key default gen_random_uuid(), name text not null);
create table public.members (
  org_id uuid not null references public.orgs on delete cascade,
  user_id uuid not null references auth.users on delete cascade,
  role text not null default 'agent' check (role in ('owner', 'manager', 'agent')),
  active boolean not null default true,
  primary key (org_id, user_id)
);
alter table public.orgs enable row level security;
alter table public.members enable row level security;
create function public.my_orgs() returns uuid[] language sql stable security definer set search_path = ''
as $$ select coalesce(array_agg(m.org_id), '{}') from public.members m where m.user_id = auth.uid() and m.active $$;
create policy orgs_read on public.orgs for select to authenticated using (id = any ((select public.my_orgs())::uuid[]));
create policy members_read on public.members for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
grant select on public.orgs, public.members to authenticated;
