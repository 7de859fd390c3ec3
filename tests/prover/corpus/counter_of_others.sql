-- story: the next invoice number of any organisation is drawn by whoever names it
-- uses: org
-- leaks: public.next_number(p_org uuid) execute
create table public.numberings (org_id uuid primary key references public.orgs on delete cascade, last_number integer not null default 0);
alter table public.numberings enable row level security;
grant select on public.numberings to authenticated;
create policy numberings_read on public.numberings for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
-- @bad
create function public.next_number(p_org uuid) returns integer language sql security definer set search_path = ''
as $$ update public.numberings n set last_number = n.last_number + 1 where n.org_id = p_org returning n.last_number $$;
-- @mended
create function public.next_number(p_org uuid) returns integer language sql security definer set search_path = ''
as $$ update public.numberings n set last_number = n.last_number + 1 where n.org_id = p_org and n.org_id = any (public.my_orgs()) returning n.last_number $$;
