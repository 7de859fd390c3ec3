-- What get_top_sources, get_top_professions, get_loss_reasons and get_funnel answer, of several
-- tenants at once: for the functions that a client calls, and for the boards that a refresh keeps.

-- Each value is counted as it is stored, from an index alone, and only then put into words.
create function private.lead_sources(coach_ids uuid[])
returns table (
  coach_id uuid,
  source_name text,
  lead_count bigint,
  percentage numeric,
  "position" bigint -- noqa: RF06
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    s.coach_id,
    coalesce(s.source, 'unknown'),
    s.leads,
    round(100.0 * s.leads / sum(s.leads) over (partition by s.coach_id), 1),
    row_number() over (
      partition by s.coach_id order by s.leads desc, coalesce(s.source, 'unknown') collate "C"
    )
  from (
    select
      l.coach_id,
      nullif(l.source, 'unknown') as source,
      count(*) as leads
    from public.leads as l
    where l.coach_id = any(lead_sources.coach_ids)
    group by l.coach_id, nullif(l.source, 'unknown')
  ) as s;
end;

comment on function private.lead_sources(uuid[]) is
'Where the leads of each tenant come from, the commonest at position 1.';

create function private.lead_professions(coach_ids uuid[])
returns table (
  coach_id uuid,
  profession text,
  lead_count bigint,
  percentage numeric,
  "position" bigint -- noqa: RF06
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  with titles as (
    select
      l.coach_id,
      l.job_title,
      count(*) as leads
    from public.leads as l
    where l.coach_id = any(lead_professions.coach_ids)
    group by l.coach_id, l.job_title
  ),
  spellings as (
    select
      t.coach_id,
      btrim(t.job_title) as spelling,
      sum(t.leads) as leads
    from titles as t
    where btrim(t.job_title) <> ''
    group by t.coach_id, btrim(t.job_title)
  )
  select
    s.coach_id,
    (array_agg(s.spelling order by s.leads desc, s.spelling collate "C"))[1],
    sum(s.leads)::bigint,
    round(100.0 * sum(s.leads) / sum(sum(s.leads)) over (partition by s.coach_id), 1),
    row_number() over (
      partition by s.coach_id order by sum(s.leads) desc, lower(s.spelling) collate "C"
    )
  from spellings as s
  group by s.coach_id, lower(s.spelling);
end;

comment on function private.lead_professions(uuid[]) is
'What the leads of each tenant do, without regard to case, the commonest at position 1.';

create function private.lead_loss_reasons(coach_ids uuid[])
returns table (
  coach_id uuid,
  loss_reason text,
  lead_count bigint,
  percentage numeric,
  "position" bigint -- noqa: RF06
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    l.coach_id,
    l.loss_reason,
    count(*),
    round(100.0 * count(*) / sum(count(*)) over (partition by l.coach_id), 1),
    row_number() over (
      partition by l.coach_id order by count(*) desc, l.loss_reason collate "C"
    )
  from public.leads as l
  where
    l.coach_id = any(lead_loss_reasons.coach_ids)
    and l.status = 'lost'
    and l.loss_reason is not null
  group by l.coach_id, l.loss_reason;
end;

comment on function private.lead_loss_reasons(uuid[]) is
'Why lost leads of each tenant were lost, the commonest at position 1.';

create function private.lead_stages(coach_ids uuid[])
returns table (
  coach_id uuid,
  "position" integer, -- noqa: RF06
  stage text,
  lead_count bigint,
  percentage numeric,
  step_percentage numeric
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  with counts as (
    select
      l.coach_id,
      count(*) as leads,
      count(*) filter (where l.total_messages_sent > 0) as contacted,
      count(l.engaged_at) as engaged,
      count(l.qualified_at) as qualified,
      count(l.call_proposed_at) as call_proposed,
      count(l.call_booked_at) as call_booked,
      count(*) filter (where l.status = 'won') as won
    from public.leads as l
    where l.coach_id = any(lead_stages.coach_ids)
    group by l.coach_id
  )
  select
    c.coach_id,
    s.position,
    s.stage,
    s.reached,
    round(100.0 * s.reached / c.leads, 1),
    round(100.0 * s.reached / nullif(s.before, 0), 1)
  from counts as c
  cross join
    lateral (
      values
      (1, 'lead', c.leads, null),
      (2, 'contacted', c.contacted, c.leads),
      (3, 'engaged', c.engaged, c.contacted),
      (4, 'qualified', c.qualified, c.engaged),
      (5, 'call_proposed', c.call_proposed, c.qualified),
      (6, 'call_booked', c.call_booked, c.call_proposed),
      (7, 'won', c.won, c.call_booked)
    ) as s (position, stage, reached, before);
end;

comment on function private.lead_stages(uuid[]) is
'How many leads of each tenant ever reached each stage.';
