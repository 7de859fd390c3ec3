-- story: an error message that carries the other's name
-- uses: org, leads
-- leaks: public.check_lead(p_lead uuid) execute
-- @bad
create function public.check_lead(p_lead uuid) returns boolean language plpgsql stable security definer set search_path = '' as $$
declare v public.leads; begin
  select * into v from public.leads l where l.id = p_lead;
  if not v.org_id = any (public.my_orgs()) then raise exception 'lead % of another org', v.name; end if;
  return true; end $$;
-- @mended
create function public.check_lead(p_lead uuid) returns boolean language plpgsql stable security definer set search_path = '' as $$
declare v public.leads; begin
  select * into v from public.leads l where l.id = p_lead and l.org_id = any (public.my_orgs());
  if v.id is null then raise exception 'no such lead'; end if;
  return true; end $$;
