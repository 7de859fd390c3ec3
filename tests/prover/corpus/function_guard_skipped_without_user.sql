-- story: a guard that is skipped when nobody is signed in
-- uses: org, leads
-- leaks: public.lead_email(p_lead uuid) execute
-- @bad
create function public.lead_email(p_lead uuid) returns text language plpgsql stable security definer set search_path = '' as $$
begin
  if auth.uid() is not null and not exists (select from public.leads l where l.id = p_lead and l.org_id = any (public.my_orgs())) then raise exception 'no'; end if;
  return (select l.email from public.leads l where l.id = p_lead);
end $$;
grant execute on function public.lead_email(uuid) to anon;
-- @mended
create function public.lead_email(p_lead uuid) returns text language sql stable security definer set search_path = '' as $$
  select l.email from public.leads l where l.id = p_lead and l.org_id = any (public.my_orgs()) $$;
grant execute on function public.lead_email(uuid) to anon;
