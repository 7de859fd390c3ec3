-- story: anybody may write themselves into a household, in a table where each sees only their own line
-- leaks: public.household_people insert
create table public.households (id uuid primary key default gen_random_uuid(), title text);
create table public.household_people (household uuid references public.households, person uuid references auth.users default auth.uid(), primary key (household, person));
create table public.groceries (id bigserial primary key, household uuid not null references public.households, item text not null, bought boolean default false);
alter table public.households enable row level security;
alter table public.household_people enable row level security;
alter table public.groceries enable row level security;
create policy households_read on public.households for select using (id in (select household from public.household_people where person = auth.uid()));
create policy people_read on public.household_people for select using (person = auth.uid());
create policy groceries_all on public.groceries for all using (household in (select household from public.household_people where person = auth.uid()));
grant select on public.households to authenticated;
grant select, insert on public.household_people to authenticated;
grant select, insert, update, delete on public.groceries to authenticated;
-- @bad
create policy people_join on public.household_people for insert with check (person = auth.uid());
-- @mended
alter table public.households add column founder uuid not null default auth.uid() references auth.users;
create policy people_join on public.household_people for insert with check (person = auth.uid() and exists (select from public.households h where h.id = household and h.founder = auth.uid()));
