-- Every table has row level security, those that nobody may reach too.
select c.oid::regclass::text as offender
from pg_catalog.pg_class as c
where
  c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
  and c.relkind in ('r', 'p', 'f')
  and not c.relrowsecurity
