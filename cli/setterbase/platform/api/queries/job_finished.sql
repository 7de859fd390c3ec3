update private.job_runs
set
  finished_at = clock_timestamp(),
  succeeded_at = case when %(error)s::text is null then clock_timestamp() else succeeded_at end,
  failures = case when %(error)s::text is null then 0 else failures + 1 end,
  error = %(error)s::text
where job_name = %(name)s
