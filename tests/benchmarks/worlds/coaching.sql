-- A coaching platform of any size, written with triggers off as they would have written it. Each
-- lead gets its messages three hours apart, out and in by turns; they lie in the order of their
-- turns, so that the messages of one lead are on as many pages, as they are in a table that grew.
set local session_replication_role = replica;

insert into public.coachs (id, name, email, timezone)
select
  private.bench_id('c', c),
  'Coach ' || c,
  c || '@example.com',
  (array['Europe/Paris', 'UTC', 'America/New_York', 'Asia/Kathmandu', 'Asia/Tokyo'])[1 + c %% 5]
from generate_series(1, %(coaches)s) as c;

insert into public.coach_settings (coach_id)
select c.id from public.coachs as c;

insert into public.leads (
  id, coach_id, contact_id, gender, age, email, source, job_title, status, created_at,
  first_message_at, last_message_at, total_messages_sent, total_messages_received, engaged_at,
  qualified_at, call_proposed_at, call_booked_at, won_at, lost_at, status_changed_at, deal_value,
  time_to_action_minutes
)
select
  private.bench_id('1', (w.c - 1) * %(leads)s + w.l),
  private.bench_id('c', w.c),
  'contact ' || w.l,
  (array['male', 'female', 'other', null])[1 + w.h %% 4],
  case when w.h %% 3 = 0 then 20 + w.h %% 50 end,
  case when w.h %% 5 = 0 then 'somebody@example.com' end,
  (array['bio', 'story', 'ad', null])[1 + w.h %% 4],
  'job ' || w.h %% 20,
  w.status,
  w.at,
  w.at,
  w.at + (%(messages)s - 1) * interval '3 hours',
  (%(messages)s + 1) / 2,
  %(messages)s / 2,
  case when %(messages)s > 1 then w.at + interval '3 hours' end,
  case when w.h %% 10 >= 5 then w.at + interval '1 day' end,
  case when w.h %% 10 >= 7 then w.at + interval '2 days' end,
  case when w.h %% 10 >= 8 then w.at + interval '3 days' end,
  case when w.status = 'won' then w.at + interval '5 days' end,
  case when w.status = 'lost' then w.at + interval '5 days' end,
  w.at + interval '5 days',
  case when w.status = 'won' then 500 + w.h %% 1000 end,
  case when w.h %% 10 >= 8 then 4320 end
from (
  select
    n.c,
    n.l,
    n.h,
    now() - interval '60 days' - n.h %% 300 * interval '1 day' - n.h %% 86400 * interval '1 second'
      as at,
    (array['engaged', 'new', 'engaged', 'relance', 'lost', 'qualified', 'qualified', 'call_proposed',
      'call_booked', 'won'])[1 + n.h %% 10] as status
  from (
    select
      c,
      l,
      abs(hashint8(c * 1000003::bigint + l)) as h
    from generate_series(1, %(coaches)s) as c
    cross join generate_series(1, %(leads)s) as l
  ) as n
) as w;

insert into public.messages (
  coach_id, lead_id, text, direction, message_number, is_replied, replied_at, created_at
)
select
  l.coach_id,
  l.id,
  'Bonjour, voici un message de longueur moyenne.',
  case n %% 2 when 1 then 'out' else 'in' end,
  (n + 1) / 2,
  n %% 2 = 1 and n < %(messages)s,
  case when n %% 2 = 1 and n < %(messages)s then l.created_at + n * interval '3 hours' end,
  l.created_at + (n - 1) * interval '3 hours'
from generate_series(1, %(messages)s) as n
cross join public.leads as l;

insert into public.message_sequences (
  coach_id, lead_id, call_proposed_at, call_booked_at, created_at,
  msg1_sent_at, msg1_replied, msg1_replied_at,
  msg2_sent_at, msg2_replied, msg2_replied_at,
  msg3_sent_at, msg3_replied, msg3_replied_at,
  msg4_sent_at, msg4_replied, msg4_replied_at
)
select
  l.coach_id,
  l.id,
  l.call_proposed_at,
  l.call_booked_at,
  l.created_at,
  l.created_at,
  l.total_messages_received >= 1,
  case when l.total_messages_received >= 1 then l.created_at + interval '3 hours' end,
  case when l.total_messages_sent >= 2 then l.created_at + interval '6 hours' end,
  l.total_messages_received >= 2,
  case when l.total_messages_received >= 2 then l.created_at + interval '9 hours' end,
  case when l.total_messages_sent >= 3 then l.created_at + interval '12 hours' end,
  l.total_messages_received >= 3,
  case when l.total_messages_received >= 3 then l.created_at + interval '15 hours' end,
  case when l.total_messages_sent >= 4 then l.created_at + interval '18 hours' end,
  l.total_messages_received >= 4,
  case when l.total_messages_received >= 4 then l.created_at + interval '21 hours' end
from public.leads as l;
