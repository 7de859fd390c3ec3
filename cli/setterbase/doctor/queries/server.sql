-- A server that is tested with, that can be written to, and a session that may do what ours need.
select
  format('This is PostgreSQL %s; Setterbase is tested on 15, 17 and 18.', s.major) as what,
  'Upgrade the project; until then, try changes on a copy.' as mend,
  case when s.major < 15 then 'problem' else 'warning' end as verdict
from (select current_setting('server_version_num')::integer / 10000 as major) as s
where s.major not in (15, 17, 18)
union all
select
  'This is a replica: nothing can be written, and no job runs.',
  'Take the address of the primary database.',
  'problem'
where pg_is_in_recovery()
union all
select
  format('The session is that of %s, not of postgres.', current_user),
  'Connect as postgres: what others make is not theirs to alter later.',
  'warning'
where current_user <> 'postgres'
union all
select
  format('postgres is a superuser: what works here may be refused on hosted Supabase.'),
  'alter role postgres nosuperuser;',
  'warning'
from pg_catalog.pg_roles as r
where r.rolname = 'postgres' and r.rolsuper
