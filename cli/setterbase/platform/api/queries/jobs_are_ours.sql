-- Whether the supervisor runs the jobs: the catalogue is there, and no pg_cron that has it.
select
  to_regclass('private.job_runs') is not null
  and to_regclass('cron.job') is null
