-- PostgreSQL lets PUBLIC execute each new function, and the legacy bootstrap lets anon.
select p.oid::regprocedure::text as offender
from pg_catalog.pg_proc as p
where
  p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
  and exists (
    select
    from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
    where a.grantee in (0, 'anon'::regrole)
  )
