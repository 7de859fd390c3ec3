-- PostgREST answers GET only for functions that cannot write.
select p.oid::regprocedure::text as offender
from pg_catalog.pg_proc as p
where
  p.pronamespace = 'public'::regnamespace
  and p.proname ~ '^(get_|current_|admin_|health)'
  and p.provolatile <> 's'
