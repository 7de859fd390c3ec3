-- story: half of a composite key is joined
-- leaks: public.lines select
create table public.orgs (id uuid primary key default gen_random_uuid());
create table public.org_users (org_id uuid references public.orgs, user_id uuid references auth.users, primary key (org_id, user_id));
create table public.orders (org_id uuid references public.orgs, nr integer, note text, primary key (org_id, nr));
create table public.lines (org_id uuid, nr integer, pos integer, item text, primary key (org_id, nr, pos), foreign key (org_id, nr) references public.orders);
alter table public.orgs enable row level security; alter table public.org_users enable row level security; alter table public.orders enable row level security; alter table public.lines enable row level security;
create policy ou on public.org_users for select to authenticated using (user_id = auth.uid());
create policy o on public.orders for select to authenticated using (org_id in (select u.org_id from public.org_users u where u.user_id = auth.uid()));
grant select on public.org_users, public.orders, public.lines to authenticated;
-- @bad
create policy l on public.lines for select to authenticated using (exists (select from public.orders o where o.nr = lines.nr));
-- @mended
create policy l on public.lines for select to authenticated using (exists (select from public.orders o where o.nr = lines.nr and o.org_id = lines.org_id));
