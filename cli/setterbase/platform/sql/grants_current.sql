-- Since 30 October 2026: a new object of `postgres` in `public` is invisible to the API roles until
-- it is granted. Functions stay executable by PUBLIC, as PostgreSQL has it and hosted leaves it.
alter default privileges for role postgres in schema public
revoke all on tables from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
revoke all on sequences from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
revoke all on functions from anon, authenticated, service_role;
