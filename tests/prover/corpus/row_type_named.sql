-- story: a function takes a row by its name, and whoever calls it writes the row themselves
-- uses: org, leads
-- leaks: public.siblings(lead public.leads) execute
-- @bad
create function public.siblings(lead public.leads) returns setof text language sql stable security definer set search_path = '' as $$ select l.name from public.leads l where l.org_id = lead.org_id $$;
-- @mended
create function public.siblings(lead public.leads) returns setof text language sql stable security invoker set search_path = '' as $$ select l.name from public.leads l where l.org_id = lead.org_id $$;
