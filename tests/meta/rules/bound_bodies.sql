-- A body in the standard form is bound when it is made: it needs no path, and no usage on private.
select p.oid::regprocedure::text as offender
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_language as l on p.prolang = l.oid
where
  p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
  and l.lanname = 'sql'
  and p.prosqlbody is null
