-- story: a figure over everybody's rows
-- uses: org, leads
-- leaks: public.average_amount() execute
-- @bad
create function public.average_amount() returns text language sql stable security definer set search_path = '' as $$ select string_agg(l.amount::text, ',') from public.leads l $$;
-- @mended
create function public.average_amount() returns text language sql stable security definer set search_path = '' as $$ select string_agg(l.amount::text, ',') from public.leads l where l.org_id = any (public.my_orgs()) $$;
