-- Less than a dashboard shows: a view of the plainest counts over all leads and messages.
create materialized view private.bench_lean as
select
  c.id as coach_id,
  l.*,
  m.*
from public.coachs as c
left join (
  select
    coach_id as lead_coach_id,
    count(*) as leads,
    count(*) filter (where gender = 'male') as males,
    count(*) filter (where gender = 'female') as females,
    avg(age) as avg_age,
    count(email) as emails,
    count(*) filter (where status = 'new') as new_leads,
    count(*) filter (where status = 'engaged') as engaged_leads,
    count(*) filter (where status = 'won') as won_leads,
    count(*) filter (where status = 'lost') as lost_leads,
    count(qualified_at) as qualified_leads,
    count(call_proposed_at) as calls_proposed,
    count(call_booked_at) as calls_booked,
    sum(deal_value) filter (where status = 'won') as revenue,
    avg(time_to_action_minutes) as avg_time_to_action
  from public.leads
  group by coach_id
) as l on c.id = l.lead_coach_id
left join (
  select
    coach_id as message_coach_id,
    count(*) filter (where direction = 'out') as messages_sent,
    count(*) filter (where direction = 'in') as messages_received,
    count(*) filter (where direction = 'out' and message_number = 1) as msg1_sent,
    count(*) filter (where direction = 'out' and message_number = 1 and is_replied) as msg1_replied,
    max(created_at) as last_message_at
  from public.messages
  group by coach_id
) as m on c.id = m.message_coach_id;

create unique index bench_lean_coach_id_key on private.bench_lean (coach_id);
