select c.*
from public.get_kpi_comparison(%(coach_id)s, %(from_date)s, %(to_date)s) as c
inner join public.kpi_catalog as k on c.code = k.code
order by k.position;
