-- `private` is no way in: no API role has usage on it, and nobody has it through PUBLIC.
select
  format('The role %s has usage on the schema private.', r.rolname) as what,
  format('revoke all on schema private from public, %I;', r.rolname) as mend
from pg_catalog.pg_roles as r
where
  r.rolname in ('anon', 'authenticated', 'service_role')
  and has_schema_privilege(r.oid, 'private', 'usage, create')
order by r.rolname
