-- The roles of a Supabase project, with hosted attributes. Cluster-wide; run again, it mends them.
do $$
declare
  v_role text;
begin
  foreach v_role in array array[
    'anon', 'authenticated', 'service_role', 'authenticator', 'supabase_auth_admin', 'postgres'
  ]
  loop
    if not exists (select from pg_catalog.pg_roles as r where r.rolname = v_role) then
      execute format('create role %I', v_role);
    end if;
  end loop;
end
$$;

alter role anon nologin inherit;
alter role authenticated nologin inherit;
alter role service_role nologin inherit bypassrls;
alter role authenticator login noinherit;
alter role supabase_auth_admin login noinherit;
-- Not a superuser: what a migration may do here it may do on hosted Supabase, and no more.
alter role postgres
login inherit createdb createrole replication bypassrls nosuperuser;

grant anon to authenticator, postgres;
grant authenticated to authenticator, postgres;
grant service_role to authenticator, postgres;
grant pg_monitor to postgres;
grant pg_read_all_data to postgres;
grant pg_signal_backend to postgres;

do $$
begin
  -- Since 16 createrole alone no longer lets `postgres` alter or grant roles that it did not make.
  if current_setting('server_version_num')::integer >= 160000 then
    grant anon, authenticated, service_role, authenticator to postgres with admin option;
    grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres with admin option;
  end if;
end
$$;

-- Hosted lets `postgres` configure PostgREST: `alter role authenticator set pgrst.db_max_rows = …`.
do $$
declare
  v_setting text;
begin
  foreach v_setting in array array[
    'db_aggregates_enabled', 'db_extra_search_path', 'db_max_rows', 'db_plan_enabled',
    'db_pre_request', 'db_root_spec', 'db_schemas', 'db_tx_end', 'jwt_aud', 'jwt_role_claim_key',
    'openapi_mode', 'openapi_security_active', 'openapi_server_proxy_uri',
    'server_cors_allowed_origins', 'server_timing_enabled', 'server_trace_header'
  ] loop
    execute format('grant set on parameter %I.%I to postgres', 'pgrst', v_setting);
  end loop;
end
$$;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role postgres set search_path = '$user', public, extensions;
alter role supabase_admin set search_path = '$user', public, auth, extensions;
alter role supabase_auth_admin set search_path = auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60000';
