update private.job_runs
set
  finished_at = now(),
  succeeded_at = case when %(error)s::text is null then now() else succeeded_at end,
  failures = case when %(error)s::text is null then 0 else failures + 1 end,
  error = %(error)s::text
where job_name = %(name)s
