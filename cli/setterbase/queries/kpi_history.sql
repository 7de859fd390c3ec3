select h.*
from public.get_kpi_history(%(coach_id)s, %(from_date)s, %(to_date)s, %(grain)s) as h
order by h.period_start;
