-- story: one practice, no tenants: the staff share its patients; whoever has an account reads them
-- leaks: public.patients select; public.visits select
create type public.post as enum ('head', 'nurse');
create table public.staff (id uuid primary key default gen_random_uuid(), account uuid not null unique references auth.users, role public.post not null default 'nurse', at_work boolean not null default true);
create table public.patients (id uuid primary key default gen_random_uuid(), name text not null, phone text unique, noted_by uuid references public.staff, seen_by uuid not null references public.staff);
create table public.visits (id uuid primary key default gen_random_uuid(), patient_id uuid not null references public.patients, note text);
create table public.trail (id bigint generated always as identity primary key, staff_id uuid references public.staff, entity_type text not null, entity_id uuid, told text);
create function public.my_post() returns public.post language sql stable security definer set search_path = '' as $$ select s.role from public.staff as s where s.account = auth.uid() and s.at_work $$;
create function public.is_head() returns boolean language sql stable security definer set search_path = '' as $$ select exists (select from public.staff as s where s.account = auth.uid() and s.role = 'head' and s.at_work) $$;
alter table public.staff enable row level security;
alter table public.patients enable row level security;
alter table public.visits enable row level security;
alter table public.trail enable row level security;
create policy own on public.staff for select to authenticated using (account = auth.uid());
create policy heads on public.staff for all to authenticated using (public.is_head()) with check (public.is_head());
create policy change on public.patients for update to authenticated using (public.my_post() is not null) with check (public.my_post() is not null);
create policy erase on public.patients for delete to authenticated using (public.is_head());
create policy add on public.visits for insert to authenticated with check (public.my_post() is not null);
create policy see on public.trail for select to authenticated using (public.my_post() in ('head', 'nurse'));
grant select, insert, update, delete on public.staff, public.patients, public.visits, public.trail to authenticated;
-- @bad
create policy see on public.patients for select to authenticated using (auth.uid() is not null);
create policy see on public.visits for select to authenticated using (true);
-- @mended
create policy see on public.patients for select to authenticated using (public.my_post() is not null);
create policy see on public.visits for select to authenticated using (public.my_post() is not null);
