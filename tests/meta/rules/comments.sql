-- Clients read them in generated types and in docs/schema.md.
select c.oid::regclass::text as offender
from pg_catalog.pg_class as c
where
  c.relnamespace = 'public'::regnamespace
  and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and obj_description(c.oid, 'pg_class') is null
union all
select p.oid::regprocedure::text
from pg_catalog.pg_proc as p
where p.pronamespace = 'public'::regnamespace and obj_description(p.oid, 'pg_proc') is null
