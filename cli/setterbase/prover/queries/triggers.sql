-- Row and statement triggers that people wrote, with the function each runs.
select
  t.tgrelid as relation,
  t.tgname as name,
  t.tgfoid as function,
  t.tgtype as type
from pg_trigger t
where not t.tgisinternal
  and t.tgenabled <> 'D'
order by t.tgrelid, t.tgname;
