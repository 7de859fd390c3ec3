-- story: a definer function that forgets to ask, then one that asks
-- uses: org, leads
-- leaks: public.leads_of(p_org uuid) execute
-- @bad
create function public.leads_of(p_org uuid) returns setof public.leads language sql stable security definer set search_path = '' as $$ select * from public.leads l where l.org_id = p_org $$;
-- @mended
create function public.leads_of(p_org uuid) returns setof public.leads language plpgsql stable security definer set search_path = '' as $$
begin
  if not p_org = any (public.my_orgs()) then raise exception 'not yours' using errcode = '42501'; end if;
  return query select * from public.leads l where l.org_id = p_org;
end $$;
