-- Functions that a project put into `auth`, beside those of the platform.
select
  p.oid::pg_catalog.regprocedure::text as signature,
  pg_catalog.pg_get_functiondef(p.oid) as definition
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
where n.nspname = 'auth' and p.prokind = 'f'
order by p.oid;
