-- The read API, part by part. Every function of 50 to 55 is an invoker: the policies of the tables
-- decide, and another tenant's id gives an empty answer. `coach_id` defaults to the caller's own
-- tenant. Here: how many leads came so far, where they come from, what they do, why they left.

create function public.get_response_rates(coach_id uuid default null)
returns table (msg1_rate numeric, msg2_rate numeric, msg3_rate numeric, msg4_rate numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    round(100.0 * count(*) filter (where s.msg1_replied) / nullif(count(s.msg1_sent_at), 0), 1),
    round(100.0 * count(*) filter (where s.msg2_replied) / nullif(count(s.msg2_sent_at), 0), 1),
    round(100.0 * count(*) filter (where s.msg3_replied) / nullif(count(s.msg3_sent_at), 0), 1),
    round(100.0 * count(*) filter (where s.msg4_replied) / nullif(count(s.msg4_sent_at), 0), 1)
  from public.message_sequences as s
  where s.coach_id = coalesce(get_response_rates.coach_id, (select public.current_coach_id()))
  having count(*) > 0;
end;

comment on function public.get_response_rates(uuid) is
'Of leads sent an nth message, the share that answered before the next; percent.';

create function public.get_top_sources(coach_id uuid default null, "limit" integer default 3)
returns table (source_name text, lead_count bigint, percentage numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    coalesce(l.source, 'unknown'),
    count(*),
    round(100.0 * count(*) / sum(count(*)) over (), 1)
  from public.leads as l
  where l.coach_id = coalesce(get_top_sources.coach_id, (select public.current_coach_id()))
  group by coalesce(l.source, 'unknown')
  order by count(*) desc, coalesce(l.source, 'unknown') collate "C" asc
  limit greatest(get_top_sources."limit", 0);
end;

comment on function public.get_top_sources(uuid, integer) is
'Where leads come from, the commonest first; percentage over all leads.';

create function public.get_top_professions(coach_id uuid default null, "limit" integer default 5)
returns table (profession text, lead_count bigint, percentage numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  with spellings as (
    select
      btrim(l.job_title) as spelling,
      count(*) as leads
    from public.leads as l
    where
      l.coach_id = coalesce(get_top_professions.coach_id, (select public.current_coach_id()))
      and btrim(l.job_title) <> ''
    group by btrim(l.job_title)
  )
  select
    (array_agg(s.spelling order by s.leads desc, s.spelling collate "C"))[1],
    sum(s.leads)::bigint,
    round(100.0 * sum(s.leads) / sum(sum(s.leads)) over (), 1)
  from spellings as s
  group by lower(s.spelling)
  order by sum(s.leads) desc, lower(s.spelling) collate "C" asc
  limit greatest(get_top_professions."limit", 0);
end;

comment on function public.get_top_professions(uuid, integer) is
'Professions without regard to case, in their commonest spelling; percentage over known ones.';

create function public.get_loss_reasons(coach_id uuid default null)
returns table (loss_reason text, lead_count bigint, percentage numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    l.loss_reason,
    count(*),
    round(100.0 * count(*) / sum(count(*)) over (), 1)
  from public.leads as l
  where
    l.coach_id = coalesce(get_loss_reasons.coach_id, (select public.current_coach_id()))
    and l.status = 'lost'
    and l.loss_reason is not null
  group by l.loss_reason
  order by count(*) desc, l.loss_reason collate "C" asc;
end;

comment on function public.get_loss_reasons(uuid) is
'Why lost leads were lost; percentage over known reasons.';

create function public.get_funnel(coach_id uuid default null)
returns table (
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
      count(*) as leads,
      count(*) filter (where l.total_messages_sent > 0) as contacted,
      count(l.engaged_at) as engaged,
      count(l.qualified_at) as qualified,
      count(l.call_proposed_at) as call_proposed,
      count(l.call_booked_at) as call_booked,
      count(*) filter (where l.status = 'won') as won
    from public.leads as l
    where l.coach_id = coalesce(get_funnel.coach_id, (select public.current_coach_id()))
    having count(*) > 0
  )
  select
    s.position,
    s.stage,
    s.reached,
    round(100.0 * s.reached / c.leads, 1),
    round(100.0 * s.reached / nullif(lag(s.reached) over (order by s.position), 0), 1)
  from counts as c
  cross join
    lateral (
      values
      (1, 'lead', c.leads),
      (2, 'contacted', c.contacted),
      (3, 'engaged', c.engaged),
      (4, 'qualified', c.qualified),
      (5, 'call_proposed', c.call_proposed),
      (6, 'call_booked', c.call_booked),
      (7, 'won', c.won)
    ) as s (position, stage, reached)
  order by s.position;
end;

comment on function public.get_funnel(uuid) is
'Leads that ever reached each stage; percentage of all leads, step_percentage of the stage before.';
