-- What every database of a Supabase project has before the first migration: owner, schemas, rights.
do $$
begin
  execute format('alter database %I owner to postgres', current_database());
  -- The auth service makes its schema "if it does not exist", which asks for this right first.
  execute format(
    'grant create on database %I to supabase_auth_admin', current_database()
  );
end
$$;

grant usage on schema public to postgres, anon, authenticated, service_role;

create schema extensions authorization postgres;
grant usage on schema extensions to anon, authenticated, service_role;

create schema auth authorization supabase_auth_admin;
-- `postgres` may use what is in `auth`, and make nothing there.
grant usage on schema auth to postgres, anon, authenticated, service_role;

alter default privileges for role supabase_auth_admin in schema auth
grant all on tables to postgres;
alter default privileges for role supabase_auth_admin in schema auth
grant all on sequences to postgres;
alter default privileges for role supabase_auth_admin in schema auth
grant all on functions to postgres;

-- What the platform's own superuser makes in `public` is open to the API roles under both
-- bootstraps; on hosted Supabase too.
alter default privileges for role supabase_admin in schema public
grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role supabase_admin in schema public
grant all on functions to postgres, anon, authenticated, service_role;
