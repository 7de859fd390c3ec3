select
  c.id,
  c.name,
  c.specialty,
  c.email,
  c.timezone,
  c.currency,
  c.status
from public.coachs as c
order by c.name collate "C", c.id;
