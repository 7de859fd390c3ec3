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
