-- Everything that a dashboard shows, in one call.

-- Definer after a check, and plpgsql, for the reasons given in 36_followups.sql. One call is one
-- statement of its caller's, so that all its parts are of one snapshot.
create function private.dashboard(coach_id uuid, as_of timestamptz, live boolean)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_coach_id uuid;
  v_coach public.coachs;
  v_board private.kpi_boards;
  v_today date;
  v_last_updated timestamptz;
  v_leads_today bigint;
  v_leads_week bigint;
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
      k.coach_id,
      dashboard.as_of,
      private.kpi_cards(to_jsonb(k), k.estimated_kpis),
      l.funnel,
      l.top_sources,
      l.top_professions,
      l.loss_reasons,
      s.followup_after_days,
      s.relance_high_after_days,
      n.high,
      n.medium,
      n.low,
      dashboard.as_of
    into v_board
    from public.coach_dashboard_kpis_live as k
    inner join public.coach_settings as s on k.coach_id = s.coach_id
    cross join lateral private.lead_boards(array[k.coach_id]) as l
    cross join
      lateral private.count_followups(
        k.coach_id, '-infinity', dashboard.as_of, s.followup_after_days, s.relance_high_after_days
      ) as n
    where k.coach_id = v_coach.id;
    v_last_updated := now();
    select
      count(*) filter (where (l.created_at at time zone v_coach.timezone)::date = v_today),
      count(*)
    into v_leads_today, v_leads_week
    from public.leads as l
    where
      l.coach_id = v_coach.id
      -- Two days more than a week of any time zone, by the index; then the days of this one.
      and l.created_at >= v_today::timestamp at time zone 'UTC' - interval '8 days'
      and l.created_at < v_today::timestamp at time zone 'UTC' + interval '3 days'
      and (l.created_at at time zone v_coach.timezone)::date between v_today - 6 and v_today;
  else
    select b.* into v_board from private.kpi_boards as b where b.coach_id = v_coach.id;
    if not found then
      return null; -- no refresh has seen this tenant yet
    end if;
    v_last_updated := (select max(r.finished_at) from private.kpi_refreshes as r);
    select
      coalesce(sum(d.leads) filter (where d.date = v_today), 0),
      coalesce(sum(d.leads), 0)
    into v_leads_today, v_leads_week
    from public.kpi_daily as d
    where d.coach_id = v_coach.id and d.date between v_today - 6 and v_today;
    if dashboard.as_of < v_board.computed_at or dashboard.as_of >= v_board.next_followup_at then
      -- Time alone has made leads due since the board was kept, or one looks back.
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
    end if;
  end if;

  return jsonb_build_object(
    'coach', jsonb_build_object(
      'id', v_coach.id,
      'name', v_coach.name,
      'specialty', v_coach.specialty,
      'timezone', v_coach.timezone,
      'currency', v_coach.currency
    ),
    'as_of', dashboard.as_of,
    'today', v_today,
    'last_updated', v_last_updated,
    'kpis', jsonb_set(
      jsonb_set(v_board.kpis, '{leads_today,value}', to_jsonb(v_leads_today)),
      '{leads_week,value}',
      to_jsonb(v_leads_week)
    ),
    'funnel', v_board.funnel,
    'top_sources', v_board.top_sources,
    'top_professions', v_board.top_professions,
    'loss_reasons', v_board.loss_reasons,
    'followups', jsonb_build_object(
      'high', greatest(v_board.followups_high, 0),
      'medium', greatest(v_board.followups_medium, 0),
      'low', greatest(v_board.followups_low, 0)
    ),
    'leads_to_followup', (
      select coalesce(jsonb_agg(to_jsonb(f)), '[]')
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
returns jsonb
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
