-- story: a disabled member still reads the organisation's rows
-- leaks: public.docs select
create table public.firms (id uuid primary key default gen_random_uuid(), name text not null);
create table public.staff (id uuid primary key default gen_random_uuid(), firm_id uuid not null references public.firms, user_id uuid not null references auth.users, status text not null default 'active' check (status in ('active', 'suspended')), unique (firm_id, user_id));
create table public.docs (id uuid primary key default gen_random_uuid(), firm_id uuid not null references public.firms, title text);
alter table public.firms enable row level security;
alter table public.staff enable row level security;
alter table public.docs enable row level security;
create policy staff_own on public.staff for select to authenticated using (user_id = auth.uid());
grant select on public.docs, public.staff to authenticated;
-- @bad
create policy docs_read on public.docs for select to authenticated using (exists (select from public.staff s where s.firm_id = docs.firm_id and s.user_id = auth.uid()));
-- @mended
create policy docs_read on public.docs for select to authenticated using (exists (select from public.staff s where s.firm_id = docs.firm_id and s.user_id = auth.uid() and s.status = 'active'));
