-- Without pg_cron: why nobody runs the jobs, or what the supervisor's runs came to.
select
  'pg_cron can be had here and is not installed: nothing runs the jobs.' as what,
  'create extension pg_cron; then select private.register_jobs();' as mend,
  'problem' as verdict
from pg_catalog.pg_available_extensions as e
where e.name = 'pg_cron'
union all
select
  format('The job %s failed %s times in a row: %s', r.job_name, r.failures, left(r.error, 200)),
  format('Run it by hand and read the error: %s', c.command),
  'problem'
from private.job_runs as r
inner join private.job_catalog as c on r.job_name = c.name
where r.failures > 0
union all
select
  'Nobody has run a job here yet.',
  '`setterbase up` runs them on the embedded platform; elsewhere call `setterbase kpis refresh`'
  ' from a scheduler of your own.',
  'warning'
where
  not exists (select from private.job_runs)
  and not exists (
    select from pg_catalog.pg_available_extensions as e where e.name = 'pg_cron'
  )
