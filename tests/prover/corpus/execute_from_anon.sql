-- story: execute is revoked from PUBLIC, and the grant of its own that anon has stays
-- uses: org, leads
-- leaks: public.lead_list() execute
create function public.lead_list() returns setof public.leads language sql stable security definer set search_path = '' as $$ select * from public.leads $$;
revoke execute on function public.lead_list() from public;
-- @bad
grant execute on function public.lead_list() to anon;
revoke execute on function public.lead_list() from authenticated;
-- @mended
revoke execute on function public.lead_list() from anon, authenticated;
