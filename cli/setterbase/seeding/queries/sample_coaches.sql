-- Coaches that a seed made.
select c.name
from public.coachs as c
where c.id between %(low)s and %(high)s
order by c.id
