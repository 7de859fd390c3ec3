-- What the database tells PostgREST of itself: the settings of the role that it logs in as.
select distinct on (s.name)
  s.name,
  s.value
from (
  select
    split_part(c.setting, '=', 1) as name,
    substr(c.setting, strpos(c.setting, '=') + 1) as value,
    r.setdatabase
  from pg_catalog.pg_db_role_setting as r
  inner join pg_catalog.pg_roles as a on r.setrole = a.oid and a.rolname = 'authenticator'
  cross join unnest(r.setconfig) as c (setting)
  where
    r.setdatabase in (
      0, (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())
    )
) as s
where s.name = any(%(names)s)
order by s.name, s.setdatabase desc;
