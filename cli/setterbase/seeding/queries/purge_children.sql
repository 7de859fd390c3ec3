-- Everything of these leads, in a few statements over ranges rather than one cascade a lead.
with
messages_gone as (
  delete from public.messages as m
  where m.coach_id = %(coach_id)s and m.lead_id between %(low)s and %(high)s
  returning 1
),
sequences_gone as (
  delete from public.message_sequences as s
  where s.coach_id = %(coach_id)s and s.lead_id between %(low)s and %(high)s
  returning 1
),
history_gone as (
  delete from public.lead_status_history as h
  where h.coach_id = %(coach_id)s and h.lead_id between %(low)s and %(high)s
  returning 1
)
select
  (select count(*) from messages_gone) as messages,
  (select count(*) from sequences_gone) as message_sequences,
  (select count(*) from history_gone) as lead_status_history
