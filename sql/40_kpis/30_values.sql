-- What a lead counts in beside the KPIs, told once: of leads as they are, and of marks.

-- It pins no search_path, for the reason given in 30_figures.sql: called once a lead, it must be
-- made part of its query. And it is a union where a list of values would say the same,
-- because PostgreSQL prepares each line of such a list again for each lead, three times slower.
create function private.lead_values(
  status text,
  source text,
  job_title text,
  loss_reason text,
  is_contacted boolean,
  is_engaged boolean,
  qualified_at timestamptz,
  call_proposed_at timestamptz,
  call_booked_at timestamptz
)
returns table (kind text, value text)
language sql
immutable
begin atomic
  select
    'source' as kind,
    coalesce(lead_values.source, 'unknown') as value
  union all
  select
    'job_title',
    btrim(lead_values.job_title)
  where btrim(lead_values.job_title) <> ''
  union all
  select
    'loss_reason',
    lead_values.loss_reason
  where lead_values.status = 'lost' and lead_values.loss_reason is not null
  union all
  select
    'stage',
    'lead'
  union all
  select
    'stage',
    'contacted'
  where lead_values.is_contacted
  union all
  select
    'stage',
    'engaged'
  where lead_values.is_engaged
  union all
  select
    'stage',
    'qualified'
  where lead_values.qualified_at is not null
  union all
  select
    'stage',
    'call_proposed'
  where lead_values.call_proposed_at is not null
  union all
  select
    'stage',
    'call_booked'
  where lead_values.call_booked_at is not null
  union all
  select
    'stage',
    'won'
  where lead_values.status = 'won';
end;

comment on function private.lead_values(
  text, text, text, text, boolean, boolean, timestamptz, timestamptz, timestamptz
) is
'The rows of kpi_lead_counts in which a lead counts: its source, profession, loss reason, stages.';
