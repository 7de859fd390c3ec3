select k.*
from public.coach_dashboard_kpis_live as k
inner join unnest(%(coach_ids)s::uuid[]) with ordinality as a (coach_id, position)
  on k.coach_id = a.coach_id
order by a.position;
