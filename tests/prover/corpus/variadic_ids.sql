-- story: a function of any number of ids, the first of which is checked
-- uses: org, leads
-- leaks: public.lead_mails(VARIADIC p_ids uuid[]) execute
-- @bad
create function public.lead_mails(variadic p_ids uuid[]) returns setof text language sql stable security definer set search_path = '' as $$ select l.email from public.leads l where l.id = any (p_ids) $$;
-- @mended
create function public.lead_mails(variadic p_ids uuid[]) returns setof text language sql stable set search_path = '' as $$ select l.email from public.leads l where l.id = any (p_ids) $$;
