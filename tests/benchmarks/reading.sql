-- A world to read from, made without triggers: tenant 1 has `%(big)s` leads, each of the `%(small)s`
-- others 100. Each tenant has one member, whose id is the tenant's. Half of the leads are open; they
-- were last heard of anywhere in the year before now.
insert into auth.users (id)
select lpad(to_hex(n), 32, '0')::uuid from generate_series(1, %(small)s + 1) as n;

insert into public.coachs (id, name, email)
select lpad(to_hex(n), 32, '0')::uuid, 'Coach ' || n, n || '@example.com'
from generate_series(1, %(small)s + 1) as n;

insert into public.coach_settings (coach_id) select c.id from public.coachs as c
on conflict do nothing;

insert into public.memberships (coach_id, user_id, role)
select c.id, c.id, 'owner' from public.coachs as c;

insert into public.leads (
  id, coach_id, contact_id, user_id_instagram, first_name, last_name, email, age, gender, job_title,
  status, source, loss_reason, deal_value, total_messages_sent, total_messages_received,
  time_to_action_minutes, engaged_at, qualified_at, call_proposed_at, call_booked_at, won_at, lost_at,
  first_message_at, last_message_at, status_changed_at, created_at
)
select
  gen_random_uuid(),
  lpad(to_hex(t.tenant), 32, '0')::uuid,
  n.n::text,
  'someone.' || n.n,
  (array['Zoé', 'Anna', 'Marc', 'Inès', 'Paul'])[1 + n.n %% 5],
  'Martin',
  case when n.n %% 3 = 0 then n.n || '@example.com' end,
  18 + n.n %% 50,
  (array['female', 'male', 'other', null])[1 + n.n %% 4],
  case when n.n %% 10 < 9 then 'Métier ' || floor(300 * r.a * r.a)::text end,
  s.status,
  (array['story', 'post', 'keyword', 'ads', 'bio', null])[1 + floor(6 * r.b * r.b)::integer],
  case when s.status = 'lost' then (array['price', 'time', 'hesitation'])[1 + n.n %% 3] end,
  case when s.status = 'won' then 500 + n.n %% 1000 end,
  1 + n.n %% 5,
  n.n %% 4,
  case when s.rank >= 5 then 60 + n.n %% 5000 end,
  case when s.rank >= 2 then d.created + interval '1 hour' end,
  case when s.rank >= 3 then d.created + interval '1 day' end,
  case when s.rank >= 4 then d.created + interval '2 days' end,
  case when s.rank >= 5 then d.created + interval '3 days' end,
  case when s.status = 'won' then d.created + interval '5 days' end,
  case when s.status = 'lost' then d.created + interval '5 days' end,
  d.created,
  d.created + r.c * least(interval '20 days', now() - d.created),
  case when s.rank >= 3 then d.created + interval '5 days' end,
  d.created
from (
  select n, case when n <= %(big)s then 1 else 2 + (n - %(big)s - 1) / 100 end as tenant
  from generate_series(1, %(big)s + 100 * %(small)s) as n
) as t
cross join lateral (select t.n) as n
cross join lateral (
  select random() as a, random() as b, random() as c, random() as d, random() as e where n.n > 0
) as r
cross join lateral (select now() - r.d * interval '365 days' as created) as d
cross join lateral (
  select
    (array['new', 'engaged', 'qualified', 'call_proposed', 'relance', 'call_booked', 'won', 'lost'])[
      1 + floor(8 * r.e)::integer
    ] as status,
    (array[1, 2, 3, 4, 3, 5, 5, 2])[1 + floor(8 * r.e)::integer] as rank
) as s
order by d.created;

insert into public.message_sequences (
  coach_id, lead_id, msg1_sent_at, msg1_replied, msg2_sent_at, msg2_replied, msg3_sent_at, msg3_replied
)
select
  l.coach_id,
  l.id,
  l.created_at,
  l.total_messages_received > 0,
  case when l.total_messages_sent > 1 then l.created_at + interval '1 day' end,
  l.total_messages_sent > 1 and l.total_messages_received > 1,
  case when l.total_messages_sent > 2 then l.created_at + interval '2 days' end,
  l.total_messages_sent > 2 and l.total_messages_received > 2
from public.leads as l
order by l.created_at;
