-- Triggers that a project put on the tables of `auth`: they make profiles, teams, memberships.
select pg_catalog.pg_get_triggerdef(t.oid) as definition
from pg_catalog.pg_trigger as t
inner join pg_catalog.pg_class as c on t.tgrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_proc as p on t.tgfoid = p.oid
inner join pg_catalog.pg_namespace as f on p.pronamespace = f.oid
where n.nspname = 'auth' and f.nspname <> 'auth' and not t.tgisinternal and t.tgenabled <> 'D'
order by t.tgname;
