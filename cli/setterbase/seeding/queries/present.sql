-- For each coach: the last lead of the seed's range, whether anybody else's leads are there, and
-- whether events have made leads of this seed under ids of their own.
select
  w.coach_id::text as coach_id,
  (
    select l.id
    from public.leads as l
    where l.id between w.low and w.high
    order by l.id desc
    limit 1
  ) as last_id,
  exists (
    select from public.leads as l
    where
      l.coach_id = w.coach_id
      and l.id not between %(first_of_all)s::uuid and %(last_of_all)s::uuid
  ) as has_real,
  (
    select count(*)
    from public.leads as l
    where
      l.coach_id = w.coach_id
      and starts_with(l.contact_id, w.contacts)
      and l.id not between w.low and w.high
  ) as ingested
from unnest(
  %(coach_ids)s::uuid [], %(lows)s::uuid [], %(highs)s::uuid [], %(contacts)s::text []
) as w (coach_id, low, high, contacts)
