-- What is set on the roles of PostgREST by `alter role`: it holds for every database of the cluster
-- and outranks the dashboard. A secret among it can be read by whoever may connect; no value is
-- shown.
select
  case
    when s.name = 'pgrst.jwt_secret'
      then format('%s is set on the role %s: every role of the database can read it.', s.name, r.rolname)
    when s.name like '%schema%' and s.value ~ '\m(private|auth|cron|vault)\M'
      then format('%s of the role %s exposes a schema that is private.', s.name, r.rolname)
    when d.setdatabase = 0
      then format(
        '%s is set on the role %s for every database of the cluster, above the dashboard.',
        s.name, r.rolname
      )
    else format('%s is set on the role %s, above the dashboard.', s.name, r.rolname)
  end as what,
  format(
    'alter role %I %sreset %s; then notify pgrst, ''reload config'';',
    r.rolname,
    (select format('in database %I ', b.datname) from pg_catalog.pg_database as b
      where b.oid = d.setdatabase),
    s.name
  ) as mend,
  case
    when s.name = 'pgrst.jwt_secret' then 'problem'
    when s.name like '%schema%' and s.value ~ '\m(private|auth|cron|vault)\M' then 'problem'
    else 'warning'
  end as verdict
from pg_catalog.pg_db_role_setting as d
inner join pg_catalog.pg_roles as r on d.setrole = r.oid
cross join lateral unnest(d.setconfig) as c (line)
cross join lateral (
  select
    split_part(c.line, '=', 1) as name,
    substr(c.line, strpos(c.line, '=') + 1) as value
) as s
where
  s.name like 'pgrst.%'
  and d.setdatabase in (
    0, (select b.oid from pg_catalog.pg_database as b where b.datname = current_database())
  )
order by r.rolname, s.name
