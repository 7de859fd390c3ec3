-- Keeping the boards.

-- The lists of a dashboard for several tenants at once, as the functions that a client calls give
-- them; a tenant without leads has empty ones. Not executable by anybody but its callers.
create function private.lead_boards(coach_ids uuid[])
returns table (
  coach_id uuid,
  funnel jsonb,
  top_sources jsonb,
  top_professions jsonb,
  loss_reasons jsonb
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  with stages as (
    select
      s.coach_id,
      jsonb_agg(to_jsonb(s) - 'coach_id' order by s.position) as list
    from private.lead_stages(lead_boards.coach_ids) as s
    group by s.coach_id
  ),
  sources as (
    select
      s.coach_id,
      jsonb_agg(
        jsonb_build_object(
          'source_name', s.value, 'lead_count', s.lead_count, 'percentage', s.percentage
        )
        order by s.position
      ) as list
    from private.lead_tops(lead_boards.coach_ids, 'source') as s
    where s.position <= 3
    group by s.coach_id
  ),
  professions as (
    select
      p.coach_id,
      jsonb_agg(
        jsonb_build_object(
          'profession', p.value, 'lead_count', p.lead_count, 'percentage', p.percentage
        )
        order by p.position
      ) as list
    from private.lead_tops(lead_boards.coach_ids, 'job_title') as p
    where p.position <= 5
    group by p.coach_id
  ),
  reasons as (
    select
      r.coach_id,
      jsonb_agg(
        jsonb_build_object(
          'loss_reason', r.value, 'lead_count', r.lead_count, 'percentage', r.percentage
        )
        order by r.position
      ) as list
    from private.lead_tops(lead_boards.coach_ids, 'loss_reason') as r
    group by r.coach_id
  )
  select
    t.id,
    coalesce(g.list, '[]'),
    coalesce(s.list, '[]'),
    coalesce(p.list, '[]'),
    coalesce(r.list, '[]')
  from unnest(lead_boards.coach_ids) as t (id)
  left join stages as g on t.id = g.coach_id
  left join sources as s on t.id = s.coach_id
  left join professions as p on t.id = p.coach_id
  left join reasons as r on t.id = r.coach_id;
end;

comment on function private.lead_boards(uuid[]) is
'Funnel, tops and loss reasons of some tenants, counted now.';

-- The KPIs of a row of coach_dashboard_kpis, each with what a client needs to show it.
create function private.kpi_cards(figures jsonb, estimated_kpis text[])
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    jsonb_object_agg(
      k.code,
      jsonb_build_object(
        'value', kpi_cards.figures -> k.code,
        'unit', k.unit,
        'is_estimate',
        k.code = any(kpi_cards.estimated_kpis) and kpi_cards.figures -> k.code <> 'null',
        'badge', case
          when k.badge_good_from is null or kpi_cards.figures -> k.code = 'null' then null
          when (kpi_cards.figures ->> k.code)::numeric >= k.badge_excellent_from then 'excellent'
          when (kpi_cards.figures ->> k.code)::numeric >= k.badge_good_from then 'good'
          else 'to_improve'
        end
      )
    )
  from public.kpi_catalog as k;
end;

comment on function private.kpi_cards(jsonb, text[]) is
'Each KPI of the catalogue by its code, as {value, unit, is_estimate, badge}.';

-- `touched` are the tenants of which anything changed; of them `reshaped` those of which a lead
-- came or went, or changed what the lists count. Null: every tenant. An empty array: none. It reads
-- dashboard_figures, so the materialized view must have been refreshed.
create function private.refresh_boards(
  touched uuid[] default null, reshaped uuid[] default null
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_touched uuid[] := coalesce(
    refresh_boards.touched, array(select c.id from public.coachs as c)
  );
  v_reshaped uuid[] := coalesce(refresh_boards.reshaped, v_touched);
begin
  insert into private.kpi_boards as b (
    coach_id,
    computed_at,
    kpis,
    followup_after_days,
    relance_high_after_days,
    followups_high,
    followups_medium,
    followups_low,
    next_followup_at,
    due_high,
    due_medium,
    due_low,
    due_urgent
  )
  select
    f.coach_id,
    now(),
    private.kpi_cards(to_jsonb(k), k.estimated_kpis),
    f.followup_after_days,
    f.relance_high_after_days,
    f.high,
    f.medium,
    f.low,
    f.until,
    f.due_high,
    f.due_medium,
    f.due_low,
    f.due_urgent
  from private.board_followups(v_touched, now()) as f
  inner join private.dashboard_figures as k on f.coach_id = k.coach_id
  on conflict (coach_id) do update
    set
      computed_at = excluded.computed_at,
      kpis = excluded.kpis,
      followup_after_days = excluded.followup_after_days,
      relance_high_after_days = excluded.relance_high_after_days,
      followups_high = excluded.followups_high,
      followups_medium = excluded.followups_medium,
      followups_low = excluded.followups_low,
      next_followup_at = excluded.next_followup_at,
      due_high = excluded.due_high,
      due_medium = excluded.due_medium,
      due_low = excluded.due_low,
      due_urgent = excluded.due_urgent;

  update private.kpi_boards as b
  set
    funnel = l.funnel,
    top_sources = l.top_sources,
    top_professions = l.top_professions,
    loss_reasons = l.loss_reasons
  from private.lead_boards(v_reshaped) as l
  where b.coach_id = l.coach_id;
end;
$$;

comment on function private.refresh_boards(uuid[], uuid[]) is
'Counts the boards of the touched tenants, and the lists on those of the reshaped ones, anew.';

-- Writes anew the KPIs on the boards of these tenants (null: of all), whose lists are as they were.
create function private.relabel_boards(coach_ids uuid[])
returns void
language sql
set search_path = pg_catalog, pg_temp
begin atomic
  update private.kpi_boards as b
  set kpis = private.kpi_cards(to_jsonb(k), k.estimated_kpis)
  from private.dashboard_figures as k
  where
    b.coach_id = k.coach_id
    and (
      relabel_boards.coach_ids is null or b.coach_id = any(relabel_boards.coach_ids)
    );
end;

comment on function private.relabel_boards(uuid[]) is
'Writes the KPIs on the boards of these tenants, or of all, as coach_dashboard_kpis has them.';

-- A board holds units and badges of the catalogue.
create function private.tg_kpi_catalog__relabel_boards()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.relabel_boards(null);
  return null;
end;
$$;

create trigger _100_relabel_boards
after insert or update or delete or truncate on public.kpi_catalog
for each statement execute function private.tg_kpi_catalog__relabel_boards();
