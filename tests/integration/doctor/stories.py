"""How each thing of a database is broken that a check looks at, and the words that tell it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Story:
    """`breaks` runs as the superuser; then `check` says each of `words`, in order."""

    check: str
    breaks: str
    words: tuple[str, ...]
    verdict: str = "problem"


STORIES = (
    Story(
        "roles",
        "alter role anon bypassrls; alter role service_role nobypassrls",
        (
            "The role anon passes by row level security.",
            "The role service_role does not pass by row level security.",
        ),
    ),
    Story("roles", "alter role authenticated superuser", ("authenticated is a superuser",)),
    Story(
        "settings",
        "alter role authenticator set pgrst.db_schemas = 'public, private'",
        ("pgrst.db_schemas of the role authenticator exposes a schema that is private",),
    ),
    Story(
        "settings",
        "alter role authenticator set pgrst.db_max_rows = '10'",
        ("pgrst.db_max_rows is set on the role authenticator for every database",),
        "warning",
    ),
    Story(
        "settings",
        "alter role authenticator set pgrst.jwt_secret = 'hush'",
        ("every role of the database can read it",),
    ),
    Story(
        "timeouts",
        "alter role anon reset statement_timeout;"
        " alter role authenticated set statement_timeout = '2min';"
        " alter role postgres set statement_timeout = 5000",
        (
            "A statement of anon has no limit of its own",
            "A statement of authenticated may take 120000 ms",
            "A statement of postgres is cut off after 5000 ms",
        ),
        "warning",
    ),
    Story("server", "alter role postgres superuser", ("postgres is a superuser",), "warning"),
    Story(
        "signed_in_user",
        "create or replace function auth.uid() returns uuid language sql stable as $$"
        " select (current_setting('request.jwt.claims', true)::jsonb ->> 'sub')::uuid $$",
        ("auth.uid() fails, or names somebody",),
    ),
    Story(
        "migrations",
        "delete from supabase_migrations.schema_migrations where version ="
        " (select max(version) from supabase_migrations.schema_migrations);"
        " update supabase_migrations.schema_migrations set statements = '{select 1}'"
        " where version = (select min(version) from supabase_migrations.schema_migrations)",
        ("1 migrations are not applied", "was changed after it ran"),
    ),
    Story(
        "row_level_security",
        "alter table public.leads disable row level security",
        ("Row level security is off on public.leads, which authenticated may use.",),
    ),
    Story(
        "row_level_security",
        "set local role postgres; create table public.extra (coach_id uuid);"
        " grant insert on public.extra to anon; reset role",
        ("off on public.extra, which anon may use",),
    ),
    Story(
        "private_schema",
        "grant usage on schema private to authenticated",
        ("The role authenticated has usage on the schema private.",),
    ),
    Story(
        "materialized_views",
        "grant select on private.coach_dashboard_kpis to public",
        ("anon, authenticated may read the materialized view private.coach_dashboard_kpis",),
    ),
    Story(
        "missing_grants",
        "revoke all on public.coach_dashboard_kpis from authenticated;"
        " revoke all on function public.ingest_event(jsonb) from service_role;"
        " drop function public.get_kpi_comparison(uuid, date, date)",
        (
            "authenticated may not select public.coach_dashboard_kpis.",
            "public.get_kpi_comparison is missing.",
            "service_role may not execute public.ingest_event.",
        ),
    ),
    Story(
        "missing_grants",
        "set local role postgres; create table public.extra (coach_id uuid);"
        " create policy extra_select on public.extra for select to authenticated using (false);"
        " reset role",
        ("public.extra has a policy for authenticated, who may not select it.",),
    ),
    Story(
        "owners",
        "create view public.extra as select 1 as one",
        ("View extra belongs to supabase_admin",),
        "warning",
    ),
    Story(
        "triggers",
        "alter table public.messages disable trigger user",
        ("of messages is switched off.",),
    ),
    Story(
        "indexes",
        "update pg_index set indisvalid = false"
        " where indexrelid = 'public.memberships_user_id_idx'::regclass",
        ("The index memberships_user_id_idx is not valid",),
        "warning",
    ),
    Story(
        "jobs",
        "update private.job_runs set failures = 3, error = 'division by zero'",
        ("The job setterbase_refresh_kpis failed 3 times in a row: division by zero",),
    ),
    Story("jobs", "delete from private.job_runs", ("Nobody has run a job here yet.",), "warning"),
    Story(
        "freshness",
        "update private.kpi_refreshes set finished_at = now() - interval '1 hour'",
        ("The figures are 60 minutes old.",),
    ),
    Story(
        "freshness",
        "delete from private.kpi_refreshes",
        ("The figures were never computed.",),
    ),
    Story(
        "freshness",
        "insert into private.dead_letters (raw, reason) values ('{', 'not_json: torn')",
        ("1 events wait that could not be applied.",),
        "warning",
    ),
)

CRON_STORIES = (
    Story(
        "jobs",
        "update cron.job set active = false where jobname = 'setterbase_refresh_kpis'",
        ("The job setterbase_refresh_kpis is switched off.",),
    ),
    Story(
        "jobs",
        "delete from cron.job where jobname = 'setterbase_refresh_kpis'",
        ("pg_cron does not have the job setterbase_refresh_kpis.",),
    ),
    Story(
        "jobs",
        "update cron.job set schedule = '0 0 1 1 *' where jobname = 'setterbase_refresh_kpis'",
        ("is scheduled otherwise than the catalogue says.",),
    ),
    Story(
        "jobs",
        "update cron.job set database = 'elsewhere' where jobname = 'setterbase_refresh_kpis'",
        ("runs in another database.",),
    ),
    Story(
        "jobs",
        "insert into cron.job_run_details (jobid, runid, command, status, return_message)"
        " select jobid, 1000000, command, 'failed', 'ERROR: division by zero' || chr(10) || 'more'"
        " from cron.job where jobname = 'setterbase_refresh_kpis'",
        ("failed at its latest run: ERROR: division by zero",),
    ),
    Story(
        "jobs",
        "update pg_class set reltuples = 200000 where oid = 'cron.job_run_details'::regclass",
        ("pg_cron keeps about 200000 runs",),
        "warning",
    ),
    Story(
        "jobs",
        "drop extension pg_cron",
        ("pg_cron can be had here and is not installed",),
    ),
)
