-- The security of the ingest domain, whole: the secret key sends events; the command line, which
-- connects as the owner, lists and replays what failed. No person of a tenant comes near it.

revoke all on private.ingested_events from public, anon, authenticated, service_role;
revoke all on private.lead_versions from public, anon, authenticated, service_role;
revoke all on private.dead_letters from public, anon, authenticated, service_role;

revoke execute on all functions in schema private from public;
-- Bound to the two public functions below.
grant execute on function private.take_events(jsonb[], text[]) to service_role;

revoke all on function public.ingest_event(jsonb) from public, anon, authenticated, service_role;
revoke all on function public.ingest_events(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.ingest_event(jsonb) to service_role;
grant execute on function public.ingest_events(jsonb) to service_role;
