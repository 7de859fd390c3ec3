-- story: a table that nobody reads, behind a function that checks
-- uses: org
-- safe
create table public.secrets (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, api_token text not null);
alter table public.secrets enable row level security;
grant select, insert, update, delete on public.secrets to authenticated;
create function public.has_secret() returns boolean language sql stable security definer set search_path = '' as $$ select exists (select from public.secrets s where s.org_id = any (public.my_orgs())) $$;
