-- Everything that a dashboard shows, in one call.

-- Definer after a check, and plpgsql, for the reasons given in 36_followups.sql. One call is one
-- statement of its caller's, so that all its parts are of one snapshot. json, not jsonb: the answer
-- is read once, and each step of making a jsonb copies all that was made before it (ADR 15).
create function private.dashboard(coach_id uuid, as_of timestamptz, live boolean)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_coach_id uuid;
  v_coach public.coachs;
  v_today date;
  v_board record;
begin
  if dashboard.coach_id is null then
    v_coach_id := private.my_coach_id();
  elsif private.reads_tenant(dashboard.coach_id) then
    v_coach_id := dashboard.coach_id;
  end if;
  perform private.check_moment(dashboard.as_of);
  select c.* into v_coach from public.coachs as c where c.id = v_coach_id;
  if not found then
    return null;
  end if;
  v_today := (dashboard.as_of at time zone v_coach.timezone)::date;

  if dashboard.live then
    select
      now() as last_updated,
      c.cards as kpis,
      l.funnel,
      l.top_sources,
      l.top_professions,
      l.loss_reasons,
      n.high as followups_high,
      n.medium as followups_medium,
      n.low as followups_low,
      d.today as leads_today,
      d.week as leads_week
    into v_board
    from (
      select
        f.coach_id,
        to_jsonb(f) as figures,
        f.estimated_kpis
      from public.coach_dashboard_kpis_live as f
      where f.coach_id = v_coach.id
      offset 0
    ) as k
    cross join lateral private.kpi_cards(k.figures, k.estimated_kpis) as c
    inner join public.coach_settings as s on k.coach_id = s.coach_id
    cross join lateral private.lead_boards(array[k.coach_id]) as l
    cross join
      lateral private.count_followups(
        k.coach_id, '-infinity', dashboard.as_of, s.followup_after_days, s.relance_high_after_days
      ) as n
    cross join
      lateral (
        select
          count(*) filter (where (e.created_at at time zone v_coach.timezone)::date = v_today) as today,
          count(*) as week
        from public.leads as e
        where
          e.coach_id = v_coach.id
          -- Two days more than a week of any time zone, by the index; then the days of this one.
          and e.created_at >= v_today::timestamp at time zone 'UTC' - interval '8 days'
          and e.created_at < v_today::timestamp at time zone 'UTC' + interval '3 days'
          and (e.created_at at time zone v_coach.timezone)::date between v_today - 6 and v_today
      ) as d;
  else
    select
      b.*,
      (select max(r.finished_at) from private.kpi_refreshes as r) as last_updated,
      d.today as leads_today,
      d.week as leads_week
    into v_board
    from private.kpi_boards as b
    cross join
      lateral (
        select
          coalesce(sum(k.leads) filter (where k.date = v_today), 0)::bigint as today,
          coalesce(sum(k.leads), 0)::bigint as week
        from public.kpi_daily as k
        where k.coach_id = b.coach_id and k.date between v_today - 6 and v_today
      ) as d
    where b.coach_id = v_coach.id;
    if not found then
      return null; -- no refresh has seen this tenant yet
    end if;
    if dashboard.as_of < v_board.computed_at or dashboard.as_of >= v_board.next_followup_at then
      -- The board is too old to know what time alone has done since, or one looks back.
      select
        v_board.followups_high + n.high,
        v_board.followups_medium + n.medium,
        v_board.followups_low + n.low
      into v_board.followups_high, v_board.followups_medium, v_board.followups_low
      from private.count_followups(
        v_coach.id,
        v_board.computed_at,
        dashboard.as_of,
        v_board.followup_after_days,
        v_board.relance_high_after_days
      ) as n;
    else
      v_board.followups_high := v_board.followups_high
        + private.come(v_board.due_high, dashboard.as_of)
        + private.come(v_board.due_urgent, dashboard.as_of);
      v_board.followups_medium := v_board.followups_medium
        + private.come(v_board.due_medium, dashboard.as_of)
        - private.come(v_board.due_urgent, dashboard.as_of);
      v_board.followups_low := v_board.followups_low
        + private.come(v_board.due_low, dashboard.as_of);
    end if;
  end if;

  return json_build_object(
    'coach', json_build_object(
      'id', v_coach.id,
      'name', v_coach.name,
      'specialty', v_coach.specialty,
      'timezone', v_coach.timezone,
      'currency', v_coach.currency
    ),
    'as_of', dashboard.as_of,
    'today', v_today,
    'last_updated', v_board.last_updated,
    'kpis', format(v_board.kpis, v_board.leads_today, v_board.leads_week)::json,
    'funnel', v_board.funnel,
    'top_sources', v_board.top_sources,
    'top_professions', v_board.top_professions,
    'loss_reasons', v_board.loss_reasons,
    'followups', json_build_object(
      'high', greatest(v_board.followups_high, 0),
      'medium', greatest(v_board.followups_medium, 0),
      'low', greatest(v_board.followups_low, 0)
    ),
    'leads_to_followup', (
      select coalesce(json_agg(f), '[]')
      from private.list_followups(v_coach.id, dashboard.as_of, 50) as f
    )
  );
end;
$$;

comment on function private.dashboard(uuid, timestamptz, boolean) is
'Definer after a check: what public.get_dashboard answers.';

create function public.get_dashboard(
  coach_id uuid default null, as_of timestamptz default now(), live boolean default false
)
returns json
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select private.dashboard(get_dashboard.coach_id, get_dashboard.as_of, get_dashboard.live);
end;

comment on function public.get_dashboard(uuid, timestamptz, boolean) is
'Everything that a dashboard shows, in one call: each KPI as {value, unit, is_estimate, badge},'
' funnel, tops, loss reasons, follow-ups (the first 50), all as of the last refresh. live computes '
'now instead.';
