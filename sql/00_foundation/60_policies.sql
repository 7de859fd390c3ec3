-- Who may do what: nobody, until a domain grants it.

revoke all on schema private from public, anon, authenticated, service_role;
revoke all on private.job_catalog from public, anon, authenticated, service_role;
revoke all on private.job_runs from public, anon, authenticated, service_role;
alter table private.job_catalog enable row level security;

revoke execute on all functions in schema private from public;
