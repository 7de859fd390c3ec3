-- The roles that objects and policies may name, without PostgreSQL's own.
select
  r.rolname as name,
  r.rolinherit as inherits,
  r.rolbypassrls as bypasses
from pg_catalog.pg_roles as r
where r.rolname !~ '^pg_'
order by r.rolname;
