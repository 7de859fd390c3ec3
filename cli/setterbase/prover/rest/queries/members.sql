-- Who is a member of which role.
select
  g.rolname as granted,
  m.rolname as member
from pg_catalog.pg_auth_members as a
inner join pg_catalog.pg_roles as g on a.roleid = g.oid
inner join pg_catalog.pg_roles as m on a.member = m.oid
where g.rolname !~ '^pg_' and not g.rolsuper
order by g.rolname, m.rolname;
