-- story: an immutable helper reads the tenant from the membership table, wrapped in a select
-- uses: org
-- leaks: public.plans select
create table public.plans (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, name text);
alter table public.plans enable row level security;
grant select on public.plans to authenticated;
-- @bad
create function public.my_org() returns uuid language plpgsql immutable security definer set search_path = '' as $$ begin return (select m.org_id from public.members m where m.user_id = auth.uid() and m.active limit 1); end $$;
create policy p on public.plans for select to authenticated using (org_id = (select public.my_org()));
-- @mended
create function public.my_org() returns uuid language plpgsql stable security definer set search_path = '' as $$ begin return (select m.org_id from public.members m where m.user_id = auth.uid() and m.active limit 1); end $$;
create policy p on public.plans for select to authenticated using (org_id = (select public.my_org()));
