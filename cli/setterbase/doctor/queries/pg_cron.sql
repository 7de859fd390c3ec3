-- Each job of the catalogue is scheduled as it says, in this database, and its latest run went well.
-- A message may quote data: its first line is shown, to whoever may read the data anyhow.
select
  case
    when j.jobid is null then format('pg_cron does not have the job %s.', c.name)
    when not j.active then format('The job %s is switched off.', c.name)
    when j.database <> current_database()
      then format('The job %s runs in another database.', c.name)
    when (j.schedule, j.command) is distinct from (c.schedule, c.command)
      then format('The job %s is scheduled otherwise than the catalogue says.', c.name)
    else format(
      'The job %s failed at its latest run: %s', c.name,
      left(split_part(coalesce(r.return_message, 'without a word'), E'\n', 1), 200)
    )
  end as what,
  case
    when j.active and r.status = 'failed' and j.database = current_database()
      and (j.schedule, j.command) = (c.schedule, c.command)
      then format('Run it by hand and read the error: %s', c.command)
    else 'select private.register_jobs();'
  end as mend
from private.job_catalog as c
left join cron.job as j on c.name = j.jobname
left join lateral (
  select
    d.status,
    d.return_message
  from cron.job_run_details as d
  where d.jobid = j.jobid and d.status in ('succeeded', 'failed')
  order by d.runid desc
  limit 1
) as r on true
where
  j.jobid is null
  or not j.active
  or j.database <> current_database()
  or (j.schedule, j.command) is distinct from (c.schedule, c.command)
  or r.status = 'failed'
order by c.name
