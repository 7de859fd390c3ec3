-- story: execute revoked from anon, but PUBLIC still has it
-- uses: org, leads
-- leaks: public.all_mails() execute
create function public.all_mails() returns setof text language sql stable security definer set search_path = '' as $$ select l.email from public.leads l $$;
-- @bad
revoke execute on function public.all_mails() from anon, authenticated;
-- @mended
revoke execute on function public.all_mails() from public, anon, authenticated;
