-- story: a bill may name the correction that replaced it, a correction must name its bill; the drawer beside them cannot be filled at all
-- leaks: public.corrections select
create table public.bills (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users, total numeric not null default 0);
create table public.corrections (id uuid primary key default gen_random_uuid(), bill_id uuid not null unique references public.bills, why text not null);
create table public.drawers (id uuid primary key default gen_random_uuid(), bill_id uuid not null references public.bills, size integer not null check (size > 5 and size < 3));
alter table public.bills add column correction_id uuid unique references public.corrections, add column drawer_id uuid references public.drawers;
alter table public.bills enable row level security;
alter table public.corrections enable row level security;
alter table public.drawers enable row level security;
create policy own on public.bills for select to authenticated using (owner_id = auth.uid());
grant select on public.bills, public.corrections to authenticated;
revoke all on public.drawers from anon, authenticated;
-- @bad
create policy all_read on public.corrections for select to authenticated using (why is not null);
-- @mended
create policy own on public.corrections for select to authenticated using (exists (select from public.bills b where b.id = bill_id and b.owner_id = auth.uid()));
