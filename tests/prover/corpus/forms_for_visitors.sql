-- story: visitors fill in a form of an open studio, checked for its words; one form asks for nothing and nobody said why
-- leaks: public.wishes insert
-- public: public.requests insert
create table public.studios (id uuid primary key default gen_random_uuid(), owner_id uuid not null references auth.users, title text not null, taking boolean not null default true);
create table public.requests (id uuid primary key default gen_random_uuid(), studio_id uuid not null references public.studios, who text not null, wish text not null, state text not null default 'new');
create table public.wishes (id uuid primary key default gen_random_uuid(), studio_id uuid not null references public.studios, wish text not null);
alter table public.studios enable row level security;
alter table public.requests enable row level security;
alter table public.wishes enable row level security;
create policy own on public.studios for all to authenticated using (owner_id = auth.uid()) with check (owner_id = auth.uid());
create policy own_requests on public.requests for select to authenticated using (exists (select from public.studios s where s.id = studio_id and s.owner_id = auth.uid()));
create policy own_wishes on public.wishes for select to authenticated using (exists (select from public.studios s where s.id = studio_id and s.owner_id = auth.uid()));
create policy form on public.requests for insert to anon with check (studio_id is not null and length(trim(both from who)) > 0 and state = 'new');
grant select, insert, update, delete on public.studios to authenticated;
grant select, insert on public.requests, public.wishes to anon, authenticated;
-- @bad
create policy writes on public.wishes for insert to authenticated with check (length(wish) > 0);
-- @mended
create policy writes on public.wishes for insert to authenticated with check (exists (select from public.studios s where s.id = studio_id and s.owner_id = auth.uid()));
