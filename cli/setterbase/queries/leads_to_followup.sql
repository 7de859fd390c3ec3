-- A day ends on the coach's own clock.
with asked as (
  select
    c.id as coach_id,
    coalesce(
      %(at)s::timestamptz,
      (%(day)s::date + interval '1 day') at time zone c.timezone - interval '1 microsecond',
      now()
    ) as as_of
  from public.coachs as c
  where c.id = %(coach_id)s
)
select
  f.*,
  count(*) over () as total
from asked as a
cross join lateral public.get_leads_to_followup(a.coach_id, a.as_of) with ordinality as f (
  lead_id,
  user_id_instagram,
  first_name,
  status,
  days_since_contact,
  priority,
  last_name,
  contact_id,
  position
)
order by f.position
limit %(limit)s::bigint;
