-- What every domain stands on: the private schema and the catalogue of scheduled jobs.

-- Helpers, queues and materialized views live here. It is never exposed, and no API role has usage
-- on it: a policy or a view body is bound to its helper when it is made and needs only `execute`.
create schema private;

comment on schema private is
'Helpers, queues, materialized views. Never exposed; API roles have no usage.';

-- One row per scheduled job, whoever runs it: pg_cron where that extension exists, the local
-- supervisor elsewhere. Domains add their own rows.
create table private.job_catalog (
  name text not null,
  schedule text not null,
  command text not null,
  constraint job_catalog_pkey primary key (name),
  constraint job_catalog_name_check check (name ~ '^setterbase_[a-z_]+$')
);

comment on table private.job_catalog is
'Scheduled jobs: registered with pg_cron where it exists, else run by the local supervisor.';
comment on column private.job_catalog.schedule is 'A five-field cron expression, in UTC.';

-- How each job fared, where the local supervisor runs it: one row a job, the latest run. pg_cron
-- keeps its own in cron.job_run_details.
create table private.job_runs (
  job_name text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  succeeded_at timestamptz,
  failures integer not null default 0,
  error text,
  constraint job_runs_pkey primary key (job_name),
  constraint job_runs_job_name_fkey foreign key (job_name)
  references private.job_catalog (name) on delete cascade,
  constraint job_runs_failures_check check (failures >= 0)
);
alter table private.job_runs enable row level security;

comment on table private.job_runs is
'The latest run of each job, where the local supervisor runs the catalogue.';
comment on column private.job_runs.started_at is 'When the latest run began.';
comment on column private.job_runs.finished_at is 'When it ended; null while it runs.';
comment on column private.job_runs.succeeded_at is 'When a run last ended well; null if none did.';
comment on column private.job_runs.failures is 'Runs that failed in a row; 0 after a good one.';
comment on column private.job_runs.error is 'What the latest run failed with; null after a good one.';
