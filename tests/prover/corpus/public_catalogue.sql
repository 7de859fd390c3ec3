-- story: countries are for everybody, plans too: no tenant, no leak
-- uses: org
-- safe
create table public.countries (code char(2) primary key check (code ~ '^[A-Z]{2}$'), name text not null);
create table public.plans (id text primary key, price integer not null);
create table public.subscriptions (org_id uuid primary key references public.orgs, plan_id text not null references public.plans);
alter table public.countries enable row level security;
alter table public.plans enable row level security;
alter table public.subscriptions enable row level security;
create policy c on public.countries for select using (true);
create policy p on public.plans for select using (true);
create policy s on public.subscriptions for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
grant select on public.countries, public.plans to anon, authenticated;
grant select on public.subscriptions to authenticated;
