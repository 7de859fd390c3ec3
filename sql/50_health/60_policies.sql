-- The security of the health domain, whole.

revoke execute on all functions in schema private from public;
grant execute on function private.health() to service_role;

-- It tells of the platform, not of a tenant: monitoring asks with the secret key. Strangers ask the
-- edge function `health`, which passes on the words ok, degraded and failing and nothing else;
-- authenticated is granted nothing, since no tenant's member runs the platform.
revoke all on function public.health() from public, anon, authenticated, service_role;
grant execute on function public.health() to service_role;
