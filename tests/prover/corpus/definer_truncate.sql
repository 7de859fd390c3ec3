-- story: a clean-up function that empties everybody's table
-- uses: org, leads
-- leaks: public.clean_leads() execute
-- @bad
create function public.clean_leads() returns void language plpgsql security definer set search_path = '' as $$ begin truncate public.leads; end $$;
-- @mended
create function public.clean_leads() returns void language plpgsql security definer set search_path = '' as $$ begin delete from public.leads l where l.org_id = any (public.my_orgs()); end $$;
