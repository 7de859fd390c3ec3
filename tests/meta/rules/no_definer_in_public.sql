-- What clients can call has no rights of its own.
select p.oid::regprocedure::text as offender
from pg_catalog.pg_proc as p
where p.pronamespace = 'public'::regnamespace and p.prosecdef
