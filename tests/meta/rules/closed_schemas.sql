-- API roles have no way into private, and make nothing in either schema.
select r.rolname || ' ' || wanted.name || ' ' || s.nspname as offender
from pg_catalog.pg_roles as r
cross join pg_catalog.pg_namespace as s
cross join (values ('USAGE'), ('CREATE')) as wanted (name)
where
  r.rolname in ('anon', 'authenticated', 'service_role', 'authenticator')
  and s.nspname in ('public', 'private')
  and (s.nspname, wanted.name) <> ('public', 'USAGE')
  and has_schema_privilege(r.oid, s.oid, wanted.name)
