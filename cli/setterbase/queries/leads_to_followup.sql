select
  f.*,
  count(*) over () as total
from public.get_leads_to_followup(%(coach_id)s, coalesce(%(as_of)s, now())) as f
order by array_position(array['high', 'medium', 'low'], f.priority), f.days_since_contact desc, f.lead_id
limit %(limit)s::bigint;
