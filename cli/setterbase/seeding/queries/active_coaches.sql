select c.id::text as id, c.name, c.email, c.specialty, c.timezone, c.status
from public.coachs as c
order by c.id
