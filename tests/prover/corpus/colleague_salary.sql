-- story: colleagues see each other's names, and each other's pay
-- leaks: public.employees select
create table public.companies (id uuid primary key default gen_random_uuid(), name text not null);
create table public.employees (id uuid primary key default gen_random_uuid(), company_id uuid not null references public.companies, user_id uuid not null references auth.users, name text not null, role text not null default 'staff' check (role in ('owner', 'staff')), salary numeric(10, 2) not null, unique (company_id, user_id));
alter table public.companies enable row level security;
alter table public.employees enable row level security;
create function public.my_company() returns uuid language sql stable security definer set search_path = '' as $$ select e.company_id from public.employees e where e.user_id = auth.uid() $$;
create policy e_read on public.employees for select to authenticated using (company_id = (select public.my_company()));
-- @bad
grant select on public.employees to authenticated;
-- @mended
revoke select on public.employees from authenticated;
grant select (id, company_id, user_id, name, role) on public.employees to authenticated;
