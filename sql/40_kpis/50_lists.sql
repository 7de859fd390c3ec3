-- The read API, part by part. Every function of 50 to 55 is an invoker: the policies of the tables
-- decide, or a definer that asks what they would; another tenant's id gives an empty answer.
-- `coach_id` defaults to the caller's own tenant. Here: how many leads came so far, where they come
-- from, what they do, why they left; the work is done in 35_lists.sql.

create function public.get_response_rates(coach_id uuid default null)
returns table (msg1_rate numeric, msg2_rate numeric, msg3_rate numeric, msg4_rate numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select r.*
  from
    private.response_rates(
      coalesce(get_response_rates.coach_id, (select public.current_coach_id()))
    ) as r;
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
    t.value,
    t.lead_count,
    t.percentage
  from
    private.tops(
      coalesce(get_top_sources.coach_id, (select public.current_coach_id())), 'source'
    ) as t
  order by t.position
  limit case when get_top_sources."limit" < 0 then 0 else get_top_sources."limit" end;
end;

comment on function public.get_top_sources(uuid, integer) is
'Where leads come from, the commonest first, at most "limit" of them (null: all); percentage over '
'all leads.';

create function public.get_top_professions(coach_id uuid default null, "limit" integer default 5)
returns table (profession text, lead_count bigint, percentage numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    t.value,
    t.lead_count,
    t.percentage
  from
    private.tops(
      coalesce(get_top_professions.coach_id, (select public.current_coach_id())), 'job_title'
    ) as t
  order by t.position
  limit case when get_top_professions."limit" < 0 then 0 else get_top_professions."limit" end;
end;

comment on function public.get_top_professions(uuid, integer) is
'Professions without regard to case, in their commonest spelling, at most "limit" of them (null: '
'all); percentage over known ones.';

create function public.get_loss_reasons(coach_id uuid default null)
returns table (loss_reason text, lead_count bigint, percentage numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    t.value,
    t.lead_count,
    t.percentage
  from
    private.tops(
      coalesce(get_loss_reasons.coach_id, (select public.current_coach_id())), 'loss_reason'
    ) as t
  order by t.position;
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
  select f.*
  from
    private.funnel(coalesce(get_funnel.coach_id, (select public.current_coach_id()))) as f
  order by f.position;
end;

comment on function public.get_funnel(uuid) is
'Leads that ever reached each stage; percentage of all leads, step_percentage of the stage before.';
