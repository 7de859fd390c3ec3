-- A public table without a policy shows its owner rows to nobody; forgetting it is no decision.
select c.oid::regclass::text as offender
from pg_catalog.pg_class as c
where
  c.relnamespace = 'public'::regnamespace
  and c.relkind in ('r', 'p')
  and not exists (
    select from pg_catalog.pg_policy as p
    where p.polrelid = c.oid
  )
