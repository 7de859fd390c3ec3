-- One jsonb a coach, in the order asked for; null for a coach without figures yet. A day ends on
-- the coach's own clock.
with asked as (
  select
    a.coach_id,
    a.position,
    coalesce(
      %(at)s::timestamptz,
      (%(day)s::date + interval '1 day') at time zone c.timezone - interval '1 microsecond',
      now()
    ) as as_of
  from unnest(%(coach_ids)s::uuid[]) with ordinality as a (coach_id, position)
  inner join public.coachs as c on a.coach_id = c.id
)
select
  a.coach_id,
  public.get_dashboard(a.coach_id, a.as_of, %(live)s) as dashboard
from asked as a
order by a.position;
