-- One jsonb a coach, in the order asked for; null for a coach without figures yet.
select
  a.coach_id,
  public.get_dashboard(a.coach_id, coalesce(%(as_of)s, now()), %(live)s) as dashboard
from unnest(%(coach_ids)s::uuid[]) with ordinality as a (coach_id, position)
order by a.position;
