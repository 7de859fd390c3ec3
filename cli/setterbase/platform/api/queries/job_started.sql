insert into private.job_runs (job_name, started_at)
values (%s, now())
on conflict (job_name) do update
set started_at = excluded.started_at, finished_at = null
