-- story: definer functions that ask before they answer: no alarm
-- uses: org, leads
-- safe
create function public.rename_lead(p_lead uuid, p_name text) returns void language plpgsql security definer set search_path = '' as $$
begin
  update public.leads l set name = p_name where l.id = p_lead and l.org_id = any (public.my_orgs());
end $$;
create function public.dashboard() returns jsonb language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('leads', count(*), 'names', jsonb_agg(l.name)) from public.leads l where l.org_id = any (public.my_orgs()) $$;
create function public.top_leads(org_id uuid, "limit" integer default 5) returns table (name text, amount numeric) language sql stable set search_path = '' as $$
  select l.name, l.amount from public.leads l where l.org_id = top_leads.org_id order by l.amount desc limit top_leads."limit" $$;
