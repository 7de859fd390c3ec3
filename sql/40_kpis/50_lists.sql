-- The read API, part by part. Every function of 50 to 55 is an invoker: the policies of the tables
-- decide, and another tenant's id gives an empty answer. `coach_id` defaults to the caller's own
-- tenant. Here: how many leads came so far, where they come from, what they do, why they left.

create function public.get_response_rates(coach_id uuid default null)
returns table (msg1_rate numeric, msg2_rate numeric, msg3_rate numeric, msg4_rate numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  -- The tenant's own row first: one whose leads were sent nothing yet has rates without a value,
  -- and a stranger has no row.
  select
    round(100.0 * count(*) filter (where s.msg1_replied) / nullif(count(s.msg1_sent_at), 0), 1),
    round(100.0 * count(*) filter (where s.msg2_replied) / nullif(count(s.msg2_sent_at), 0), 1),
    round(100.0 * count(*) filter (where s.msg3_replied) / nullif(count(s.msg3_sent_at), 0), 1),
    round(100.0 * count(*) filter (where s.msg4_replied) / nullif(count(s.msg4_sent_at), 0), 1)
  from public.coachs as c
  left join public.message_sequences as s on c.id = s.coach_id
  where c.id = coalesce(get_response_rates.coach_id, (select public.current_coach_id()))
  group by c.id;
end;

comment on function public.get_response_rates(uuid) is
'Of leads sent an nth message, the share that answered before the next; percent, null where none '
'was sent.';

create function public.get_top_sources(coach_id uuid default null, "limit" integer default 3)
returns table (source_name text, lead_count bigint, percentage numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    s.source_name,
    s.lead_count,
    s.percentage
  from
    private.lead_sources(
      array[coalesce(get_top_sources.coach_id, (select public.current_coach_id()))]
    ) as s
  order by s.position
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
  select
    p.profession,
    p.lead_count,
    p.percentage
  from
    private.lead_professions(
      array[coalesce(get_top_professions.coach_id, (select public.current_coach_id()))]
    ) as p
  order by p.position
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
    r.loss_reason,
    r.lead_count,
    r.percentage
  from
    private.lead_loss_reasons(
      array[coalesce(get_loss_reasons.coach_id, (select public.current_coach_id()))]
    ) as r
  order by r.position;
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
  select
    s.position,
    s.stage,
    s.lead_count,
    s.percentage,
    s.step_percentage
  from
    private.lead_stages(
      array[coalesce(get_funnel.coach_id, (select public.current_coach_id()))]
    ) as s
  order by s.position;
end;

comment on function public.get_funnel(uuid) is
'Leads that ever reached each stage; percentage of all leads, step_percentage of the stage before.';
