-- Every column of every relation outside the system, its type unwrapped, and the API roles' rights.
select
  a.attrelid as relation,
  a.attname as name,
  a.attnum as position,
  format_type(a.atttypid, a.atttypmod) as type,
  a.atttypid as type_oid,
  a.atttypmod as typmod,
  a.attnotnull as not_null,
  a.attidentity::text as identity,
  a.attgenerated::text as generated,
  pg_get_expr(d.adbin, d.adrelid) as default_expr,
  array(
    select role.rolname || ':' || lower(p.privilege)
    from pg_roles role
    cross join (values ('SELECT'), ('INSERT'), ('UPDATE')) as p (privilege)
    where role.rolname = any (%(roles)s)
      and has_column_privilege(role.oid, a.attrelid, a.attnum, p.privilege)
  ) as grants,
  array(
    select role.rolname || ':' || lower(x.privilege_type)
    from aclexplode(a.attacl) x
    join pg_roles role on role.oid = x.grantee
    where role.rolname = any (%(roles)s)
  ) as listed
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attnum > 0
  and not a.attisdropped
  and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and n.nspname not like 'pg\_%%'
  and n.nspname <> 'information_schema'
order by a.attrelid, a.attnum;
