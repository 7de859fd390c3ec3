-- story: a computed column of one's own row tells what others have
-- uses: org, leads
-- leaks: public.rivals(public.leads) execute
-- @bad
create function public.rivals(public.leads) returns setof public.leads language sql stable security definer set search_path = '' as $$ select l.* from public.leads l where l.id <> $1.id $$;
-- @mended
create function public.rivals(public.leads) returns setof public.leads language sql stable security definer set search_path = '' as $$ select l.* from public.leads l where l.id <> $1.id and l.org_id = $1.org_id $$;
