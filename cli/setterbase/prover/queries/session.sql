-- Who we are and what we may do here.
select
  current_user as role,
  r.rolsuper as superuser,
  r.rolbypassrls as bypass_rls,
  current_setting('server_version_num')::int as version,
  current_database() as database,
  array(
    select x.rolname::text from pg_roles x
    where x.rolname in ('anon', 'authenticated', 'service_role') and pg_has_role(x.oid, 'MEMBER')
  ) as api_roles
from pg_roles r
where r.rolname = current_user;
