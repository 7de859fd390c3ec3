-- story: the parent is guarded, its partitions are read directly
-- uses: org
-- leaks: public.events_2026 select
create table public.events (id uuid not null default gen_random_uuid(), org_id uuid not null references public.orgs, at timestamptz not null, what text, primary key (id, at)) partition by range (at);
create table public.events_2026 partition of public.events for values from ('2026-01-01') to ('2027-01-01');
create table public.events_2027 partition of public.events for values from ('2027-01-01') to ('2028-01-01');
alter table public.events enable row level security;
create policy events_read on public.events for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
grant select on public.events, public.events_2026, public.events_2027 to authenticated;
-- @mended
alter table public.events_2026 enable row level security;
alter table public.events_2027 enable row level security;
