-- What happened to a lead, and when: told once, of leads as they are and of marks.

-- Each kind puts the lead into other parts of its day. `discussed_at` is when a conversation with
-- messages both ways began. It pins no search_path and is a union, for the reasons given in
-- 30_figures.sql and 30_values.sql.
create function private.lead_moments(
  status text,
  discussed_at timestamptz,
  created_at timestamptz,
  status_changed_at timestamptz,
  qualified_at timestamptz,
  call_proposed_at timestamptz,
  call_booked_at timestamptz,
  call_attended_at timestamptz,
  call_no_show_at timestamptz,
  won_at timestamptz,
  lost_at timestamptz,
  lead_magnet_sent_at timestamptz,
  time_to_action_minutes integer
)
returns table (kind text, at timestamptz)
language sql
immutable
begin atomic
  select
    'created' as kind,
    lead_moments.created_at as at
  union all
  select
    'discussion',
    lead_moments.discussed_at
  where lead_moments.discussed_at is not null
  union all
  select
    'relance',
    coalesce(lead_moments.status_changed_at, lead_moments.created_at)
  where lead_moments.status = 'relance'
  union all
  select
    'qualified',
    lead_moments.qualified_at
  where lead_moments.qualified_at is not null
  union all
  select
    'call_proposed',
    lead_moments.call_proposed_at
  where lead_moments.call_proposed_at is not null
  union all
  select
    'call_booked',
    lead_moments.call_booked_at
  where lead_moments.call_booked_at is not null
  union all
  select
    'call_due',
    least(lead_moments.call_attended_at, lead_moments.call_no_show_at)
  where lead_moments.call_attended_at is not null or lead_moments.call_no_show_at is not null
  union all
  select
    'no_show',
    lead_moments.call_no_show_at
  where lead_moments.call_no_show_at is not null
  union all
  select
    'won',
    lead_moments.won_at
  where lead_moments.won_at is not null
  union all
  select
    'lost',
    lead_moments.lost_at
  where lead_moments.status = 'lost' and lead_moments.lost_at is not null
  union all
  select
    'lead_magnet',
    lead_moments.lead_magnet_sent_at
  where lead_moments.lead_magnet_sent_at is not null
  union all
  select
    'action',
    coalesce(lead_moments.call_booked_at, lead_moments.created_at)
  where lead_moments.time_to_action_minutes is not null;
end;

comment on function private.lead_moments(
  text, timestamptz, timestamptz, timestamptz, timestamptz, timestamptz, timestamptz, timestamptz,
  timestamptz, timestamptz, timestamptz, timestamptz, integer
) is
'What happened to a lead, each with its time: the days on which it counts.';
