-- What get_top_sources, get_top_professions, get_loss_reasons, get_funnel and get_response_rates
-- answer, and the lists on a board: from what was counted and what was marked since, exact at any
-- moment and as a rule without a look at the leads (ADR 16).
--
-- plpgsql, and planned once, for the reason given in 36_followups.sql. What names several tenants
-- asks nothing about who calls, and nobody else may execute it; the definers below ask first.

-- Of these tenants those whose figures are what is kept and what is marked in this log. Of others
-- nothing was counted yet, or nothing counted holds: a refresh will count them from their rows, and
-- so must a reader. So must one for whom that is cheaper: a log has no index, and belongs to all
-- tenants. After an import elsewhere a small tenant has fewer leads than the log has pages.
create function private.kept_tenants(coach_ids uuid[], log regclass)
returns uuid[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_kept uuid[];
  v_leads bigint;
begin
  select
    array_agg(t.coach_id),
    sum(t.leads)
  into v_kept, v_leads
  from private.kpi_totals as t
  where
    t.coach_id = any (kept_tenants.coach_ids)
    and not exists (
      select
      from private.kpi_tenant_changes as m
      where m.recount and (m.coach_id is null or m.coach_id = t.coach_id)
    );
  if pg_relation_size(kept_tenants.log) / current_setting('block_size')::integer > v_leads then
    return '{}';
  end if;
  return coalesce(v_kept, '{}');
end;
$$;

comment on function private.kept_tenants(uuid[], regclass) is
'Those of some tenants that are read from kept figures and the marks of a log, not from rows.';

-- A moment is one for all parts of a statement: whoever adds the marks to the counts meanwhile is
-- seen having done both, or neither.
create function private.lead_counts(coach_ids uuid[], kind text)
returns table (coach_id uuid, value text, leads bigint)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_kept uuid[] := private.kept_tenants(lead_counts.coach_ids, 'private.kpi_lead_changes');
  v_others uuid[] := array(
    select unnest(lead_counts.coach_ids)
    except
    select unnest(v_kept)
  );
begin
  if v_kept <> '{}' then
    return query
    select
      n.coach_id,
      n.value,
      sum(n.leads)::bigint
    from (
      select
        k.coach_id,
        k.value,
        k.leads
      from private.kpi_lead_counts as k
      where k.coach_id = any (v_kept) and k.kind = lead_counts.kind
      union all
      select
        m.coach_id,
        v.value,
        m.leads
      from private.kpi_lead_changes as m
      cross join
        lateral private.lead_values(
          m.status, m.source, m.job_title, m.loss_reason, m.is_contacted, m.is_engaged,
          m.qualified_at, m.call_proposed_at, m.call_booked_at
        ) as v
      where m.coach_id = any (v_kept) and m.leads <> 0 and v.kind = lead_counts.kind
    ) as n
    group by n.coach_id, n.value
    -- Less than none: of a lead that was written with triggers off, its change is marked, it is not.
    having sum(n.leads) > 0;
  end if;
  if v_others <> '{}' then
    return query
    select
      l.coach_id,
      v.value,
      count(*)
    from public.leads as l
    cross join
      lateral private.lead_values(
        l.status, l.source, l.job_title, l.loss_reason, l.total_messages_sent > 0,
        l.engaged_at is not null, l.qualified_at, l.call_proposed_at, l.call_booked_at
      ) as v
    where l.coach_id = any (v_others) and v.kind = lead_counts.kind
    group by l.coach_id, v.value;
  end if;
end;
$$;

comment on function private.lead_counts(uuid[], text) is
'How many leads of each tenant count in each value of a kind, at the moment of asking.';

-- Professions are one without regard to case, in their commonest spelling.
create function private.lead_tops(coach_ids uuid[], kind text)
returns table (
  coach_id uuid,
  value text,
  lead_count bigint,
  percentage numeric,
  "position" bigint -- noqa: RF06
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  select
    s.coach_id,
    (array_agg(s.value order by s.leads desc, s.value collate "C"))[1],
    sum(s.leads)::bigint,
    round(100.0 * sum(s.leads) / sum(sum(s.leads)) over (partition by s.coach_id), 1),
    row_number() over (
      partition by s.coach_id order by sum(s.leads) desc, s.word collate "C"
    )
  from (
    select
      c.coach_id,
      c.value,
      c.leads,
      case lead_tops.kind when 'job_title' then lower(c.value) else c.value end as word
    from private.lead_counts(lead_tops.coach_ids, lead_tops.kind) as c
  ) as s
  group by s.coach_id, s.word;
end;
$$;

comment on function private.lead_tops(uuid[], text) is
'The values of a kind (source, job_title, loss_reason) of each tenant, the commonest at position 1.';

create function private.lead_stages(coach_ids uuid[])
returns table (
  coach_id uuid,
  "position" integer, -- noqa: RF06
  stage text,
  lead_count bigint,
  percentage numeric,
  step_percentage numeric
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  with counts as (
    select
      s.coach_id,
      jsonb_object_agg(s.value, s.leads) as leads
    from private.lead_counts(lead_stages.coach_ids, 'stage') as s
    group by s.coach_id
  ),
  stages as (
    select
      c.coach_id,
      s.position::integer,
      s.stage,
      coalesce((c.leads ->> s.stage)::bigint, 0) as reached,
      coalesce((c.leads ->> s.before)::bigint, 0) as before,
      (c.leads ->> 'lead')::bigint as leads
    from counts as c
    cross join
      lateral (
        values
        (1, 'lead', null),
        (2, 'contacted', 'lead'),
        (3, 'engaged', 'contacted'),
        (4, 'qualified', 'engaged'),
        (5, 'call_proposed', 'qualified'),
        (6, 'call_booked', 'call_proposed'),
        (7, 'won', 'call_booked')
      ) as s (position, stage, before)
    where c.leads ? 'lead'
  )
  select
    s.coach_id,
    s.position,
    s.stage,
    s.reached,
    round(100.0 * s.reached / s.leads, 1),
    round(100.0 * s.reached / nullif(s.before, 0), 1)
  from stages as s;
end;
$$;

comment on function private.lead_stages(uuid[]) is
'How many leads of each tenant ever reached each stage.';

create function private.tops(coach_id uuid, kind text)
returns table (value text, lead_count bigint, percentage numeric, "position" bigint) -- noqa: RF06
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if private.reads_tenant(tops.coach_id) then
    return query
    select
      t.value,
      t.lead_count,
      t.percentage,
      t.position
    from private.lead_tops(array[tops.coach_id], tops.kind) as t;
  end if;
end;
$$;

comment on function private.tops(uuid, text) is
'Definer after a check: the rows of get_top_sources, get_top_professions and get_loss_reasons.';

create function private.funnel(coach_id uuid)
returns table (
  "position" integer, -- noqa: RF06
  stage text,
  lead_count bigint,
  percentage numeric,
  step_percentage numeric
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if private.reads_tenant(funnel.coach_id) then
    return query
    select
      s.position,
      s.stage,
      s.lead_count,
      s.percentage,
      s.step_percentage
    from private.lead_stages(array[funnel.coach_id]) as s;
  end if;
end;
$$;

comment on function private.funnel(uuid) is
'Definer after a check: the rows of public.get_funnel.';

-- A tenant whose leads were sent nothing yet has rates without a value; a stranger has no row.
create function private.response_rates(coach_id uuid)
returns table (msg1_rate numeric, msg2_rate numeric, msg3_rate numeric, msg4_rate numeric)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
begin
  if not private.reads_tenant(response_rates.coach_id) then
    return;
  end if;
  if private.kept_tenants(
    array[response_rates.coach_id], 'private.kpi_sequence_changes'
  ) <> '{}' then
    return query
    select
      round(100.0 * sum(p.replied) filter (where p.number = 1)
        / nullif(sum(p.sent) filter (where p.number = 1), 0), 1),
      round(100.0 * sum(p.replied) filter (where p.number = 2)
        / nullif(sum(p.sent) filter (where p.number = 2), 0), 1),
      round(100.0 * sum(p.replied) filter (where p.number = 3)
        / nullif(sum(p.sent) filter (where p.number = 3), 0), 1),
      round(100.0 * sum(p.replied) filter (where p.number = 4)
        / nullif(sum(p.sent) filter (where p.number = 4), 0), 1)
    from (
      select
        k.number,
        k.sent,
        k.replied
      from private.kpi_totals as t
      cross join
        lateral (
          values
          (1, t.msg1_sent, t.msg1_replied),
          (2, t.msg2_sent, t.msg2_replied),
          (3, t.msg3_sent, t.msg3_replied),
          (4, t.msg4_sent, t.msg4_replied)
        ) as k (number, sent, replied)
      where t.coach_id = response_rates.coach_id
      union all
      select
        m.number,
        m.sent,
        m.replied
      from private.kpi_sequence_changes as m
      where m.coach_id = response_rates.coach_id
    ) as p;
  else
    return query
    select
      round(100.0 * count(*) filter (where s.msg1_replied) / nullif(count(s.msg1_sent_at), 0), 1),
      round(100.0 * count(*) filter (where s.msg2_replied) / nullif(count(s.msg2_sent_at), 0), 1),
      round(100.0 * count(*) filter (where s.msg3_replied) / nullif(count(s.msg3_sent_at), 0), 1),
      round(100.0 * count(*) filter (where s.msg4_replied) / nullif(count(s.msg4_sent_at), 0), 1)
    from public.coachs as c
    left join public.message_sequences as s on c.id = s.coach_id
    where c.id = response_rates.coach_id
    group by c.id;
  end if;
end;
$$;

comment on function private.response_rates(uuid) is
'Definer after a check: the row of public.get_response_rates.';
