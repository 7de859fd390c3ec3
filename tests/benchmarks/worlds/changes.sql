-- Five minutes of the tenants whose turn it is: ten leads get a message each, one is won, one comes.
with dirty as materialized (
  select c.id
  from public.coachs as c
  order by md5(c.id::text || %(turn)s)
  limit %(tenants)s
),
spoken_to as (
  select
    l.coach_id,
    l.id as lead_id,
    row_number() over (partition by l.coach_id order by md5(l.id::text || %(turn)s)) as number
  from public.leads as l
  inner join dirty as d on l.coach_id = d.id
),
spoken as (
  insert into public.messages (coach_id, lead_id, direction, text, created_at)
  select
    s.coach_id,
    s.lead_id,
    case s.number %% 2 when 1 then 'out' else 'in' end,
    'Bonjour, voici un message de longueur moyenne.',
    clock_timestamp()
  from spoken_to as s
  where s.number <= 10
),
won as (
  update public.leads as l
  set
    status = 'won',
    deal_value = 750
  from spoken_to as s
  where s.number = 11 and l.id = s.lead_id
)
insert into public.leads (coach_id, contact_id, gender, source, created_at)
select
  d.id,
  'bench ' || %(turn)s,
  'female',
  'bio',
  clock_timestamp()
from dirty as d
