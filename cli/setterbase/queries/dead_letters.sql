-- With `all`, resolved ones too.
select
  d.id,
  d.reason,
  d.coach_id,
  d.event_id,
  d.deliveries,
  d.received_at,
  d.last_tried_at,
  d.resolved_at,
  d.resolution,
  d.raw,
  count(*) over () as total
from private.dead_letters as d
where d.resolved_at is null or %(all)s
order by d.id
limit %(limit)s::bigint;
