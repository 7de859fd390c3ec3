-- story: an access that was revoked still counts, for the helper asks who and not until when
-- leaks: public.reports select
create table public.clinics (id bigint generated always as identity primary key, name text not null);
create table public.accesses (id bigint generated always as identity primary key, clinic_id bigint not null references public.clinics, user_id uuid not null references auth.users, revoked_at timestamptz, unique (clinic_id, user_id));
create table public.reports (id bigint generated always as identity primary key, clinic_id bigint not null references public.clinics, body text);
alter table public.clinics enable row level security;
alter table public.accesses enable row level security;
alter table public.reports enable row level security;
grant select on public.clinics, public.accesses, public.reports to authenticated;
create policy a on public.accesses for select to authenticated using (user_id = auth.uid());
-- @bad
create function public.my_clinics() returns setof bigint language sql stable security definer set search_path = '' as $$ select a.clinic_id from public.accesses a where a.user_id = auth.uid() $$;
create policy r on public.reports for select to authenticated using (clinic_id in (select public.my_clinics()));
-- @mended
create function public.my_clinics() returns setof bigint language sql stable security definer set search_path = '' as $$ select a.clinic_id from public.accesses a where a.user_id = auth.uid() and a.revoked_at is null $$;
create policy r on public.reports for select to authenticated using (clinic_id in (select public.my_clinics()));
