select
  c.name,
  c.schedule,
  c.command
from private.job_catalog as c
order by c.name
