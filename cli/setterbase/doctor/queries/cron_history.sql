-- pg_cron never forgets a run by itself, and looks up each of them.
select
  format('pg_cron keeps about %s runs: its history only grows.', c.reltuples::bigint) as what,
  'delete from cron.job_run_details where end_time < now() - interval ''7 days'';' as mend,
  'warning' as verdict
from pg_catalog.pg_class as c
where c.oid = to_regclass('cron.job_run_details') and c.reltuples > 100000
