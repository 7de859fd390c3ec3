-- Keeping the boards.

-- The lists of a dashboard for several tenants at once, as the functions that a client calls give
-- them; a list without leads is empty. Beside each tenant stands of which kind its list is to be
-- counted; where nothing stands, or null, all are. Lists not asked for are null. Not executable by
-- anybody but its callers.
create function private.lead_boards(coach_ids uuid[], kinds text[] default null)
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
  with asked as (
    select
      r.coach_id,
      bool_or(r.kind is null or r.kind = 'stage') as stages,
      bool_or(r.kind is null or r.kind = 'source') as sources,
      bool_or(r.kind is null or r.kind = 'job_title') as professions,
      bool_or(r.kind is null or r.kind = 'loss_reason') as reasons
    from unnest(lead_boards.coach_ids, lead_boards.kinds) as r (coach_id, kind)
    where r.coach_id is not null
    group by r.coach_id
  ),
  tenants as (
    select
      array_agg(a.coach_id) filter (where a.stages) as stages,
      array_agg(a.coach_id) filter (where a.sources) as sources,
      array_agg(a.coach_id) filter (where a.professions) as professions,
      array_agg(a.coach_id) filter (where a.reasons) as reasons
    from asked as a
  ),
  stages as (
    select
      s.coach_id,
      jsonb_agg(to_jsonb(s) - 'coach_id' order by s.position) as list
    from tenants as t
    cross join lateral private.lead_stages(t.stages) as s
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
    from tenants as t
    cross join lateral private.lead_tops(t.sources, 'source') as s
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
    from tenants as t
    cross join lateral private.lead_tops(t.professions, 'job_title') as p
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
    from tenants as t
    cross join lateral private.lead_tops(t.reasons, 'loss_reason') as r
    group by r.coach_id
  )
  select
    a.coach_id,
    case when a.stages then coalesce(g.list, '[]') end,
    case when a.sources then coalesce(s.list, '[]') end,
    case when a.professions then coalesce(p.list, '[]') end,
    case when a.reasons then coalesce(r.list, '[]') end
  from asked as a
  left join stages as g on a.coach_id = g.coach_id
  left join sources as s on a.coach_id = s.coach_id
  left join professions as p on a.coach_id = p.coach_id
  left join reasons as r on a.coach_id = r.coach_id;
end;

comment on function private.lead_boards(uuid[], text[]) is
'Funnel, tops and loss reasons of some tenants, counted now.';

-- The KPIs of a row of coach_dashboard_kpis, each with what a client needs to show it: the text of
-- a JSON object, made for format(), with the two figures that depend on the day left open. What
-- does not differ by tenant is put together once for all. It pins no search_path, for the reason
-- given in 30_figures.sql; `figures` is asked for each KPI, so it must come as a column, not as an
-- expression.
create function private.kpi_cards(figures jsonb, estimated_kpis text[])
returns table (cards text)
language sql
stable
begin atomic
  with catalogue as materialized (
    select
      k.code,
      replace(
        to_json(k.code)::text || ': {"unit": ' || to_json(k.unit)::text || ', "value": ', '%', '%%'
      ) as opening,
      case k.code when 'leads_today' then '%1$s' when 'leads_week' then '%2$s' end as open_value,
      k.badge_good_from,
      k.badge_excellent_from
    from public.kpi_catalog as k
  )
  select
    '{' || string_agg(
      c.opening
      || coalesce(c.open_value, (kpi_cards.figures -> c.code)::text, 'null')
      || case
        when c.code = any(kpi_cards.estimated_kpis) and kpi_cards.figures -> c.code <> 'null'
          then ', "is_estimate": true, "badge": '
        else ', "is_estimate": false, "badge": '
      end
      || case
        when c.badge_good_from is null or kpi_cards.figures -> c.code = 'null' then 'null}'
        when (kpi_cards.figures ->> c.code)::numeric >= c.badge_excellent_from then '"excellent"}'
        when (kpi_cards.figures ->> c.code)::numeric >= c.badge_good_from then '"good"}'
        else '"to_improve"}'
      end,
      ', '
    ) || '}'
  from catalogue as c;
end;

comment on function private.kpi_cards(jsonb, text[]) is
'Each KPI of the catalogue by its code, as {value, unit, is_estimate, badge}: JSON for format(), to '
'which leads_today and leads_week are given.';

-- `touched` are the tenants of which anything changed; of them `reshaped` those of which a list
-- changed, and `kinds` which, as lead_boards takes them. Null: every tenant. An empty array: none.
-- It reads dashboard_figures, so the materialized view must have been refreshed.
create function private.refresh_boards(
  touched uuid[] default null, reshaped uuid[] default null, kinds text[] default null
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
  with figures as materialized (
    select
      k.coach_id,
      to_jsonb(k) as figures,
      k.estimated_kpis
    from private.dashboard_figures as k
    where k.coach_id = any (v_touched)
  )
  insert into private.kpi_boards as b (
    coach_id,
    computed_at,
    kpis,
    funnel,
    top_sources,
    top_professions,
    loss_reasons,
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
    c.cards,
    coalesce(l.funnel, old.funnel, '[]'),
    coalesce(l.top_sources, old.top_sources, '[]'),
    coalesce(l.top_professions, old.top_professions, '[]'),
    coalesce(l.loss_reasons, old.loss_reasons, '[]'),
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
  inner join figures as k on f.coach_id = k.coach_id
  cross join lateral private.kpi_cards(k.figures, k.estimated_kpis) as c
  left join private.lead_boards(v_reshaped, refresh_boards.kinds) as l on f.coach_id = l.coach_id
  left join private.kpi_boards as old on f.coach_id = old.coach_id
  on conflict (coach_id) do update
    set
      computed_at = excluded.computed_at,
      kpis = excluded.kpis,
      funnel = excluded.funnel,
      top_sources = excluded.top_sources,
      top_professions = excluded.top_professions,
      loss_reasons = excluded.loss_reasons,
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
end;
$$;

comment on function private.refresh_boards(uuid[], uuid[], text[]) is
'Counts the boards of the touched tenants, and the changed lists on those of the reshaped, anew.';

-- Writes anew the KPIs on the boards of these tenants (null: of all), whose lists are as they were.
create function private.relabel_boards(coach_ids uuid[])
returns void
language sql
set search_path = pg_catalog, pg_temp
begin atomic
  with figures as materialized (
    select
      k.coach_id,
      to_jsonb(k) as figures,
      k.estimated_kpis
    from private.dashboard_figures as k
    where relabel_boards.coach_ids is null or k.coach_id = any(relabel_boards.coach_ids)
  )
  update private.kpi_boards as b
  set kpis = c.cards
  from figures as k
  cross join lateral private.kpi_cards(k.figures, k.estimated_kpis) as c
  where b.coach_id = k.coach_id;
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
