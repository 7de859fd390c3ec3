-- Everything that a dashboard shows, in one call.

create function public.get_dashboard(
  coach_id uuid default null, as_of timestamptz default now(), live boolean default false
)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  with coach as (
    select
      c.id,
      c.name,
      c.specialty,
      c.timezone,
      c.currency,
      (get_dashboard.as_of at time zone c.timezone)::date as today
    from public.coachs as c
    where c.id = coalesce(get_dashboard.coach_id, (select public.current_coach_id()))
  ),
  recent as (
    select
      coalesce(sum(d.leads) filter (where d.date = c.today), 0) as leads_today,
      coalesce(sum(d.leads), 0) as leads_week
    from coach as c
    inner join public.kpi_daily as d on c.id = d.coach_id
    where not get_dashboard.live and d.date between c.today - 6 and c.today
    having not get_dashboard.live
    union all
    select
      count(*) filter (where (l.created_at at time zone c.timezone)::date = c.today),
      count(*)
    from coach as c
    inner join public.leads as l on c.id = l.coach_id
    where
      get_dashboard.live
      and (l.created_at at time zone c.timezone)::date between c.today - 6 and c.today
    having get_dashboard.live
  ),
  figures as (
    select
      to_jsonb(k) as kpis,
      k.estimated_kpis,
      k.last_updated
    from coach as c
    inner join public.coach_dashboard_kpis as k on c.id = k.coach_id
    where not get_dashboard.live
    union all
    select
      to_jsonb(k),
      k.estimated_kpis,
      k.last_updated
    from coach as c
    inner join public.coach_dashboard_kpis_live as k on c.id = k.coach_id
    where get_dashboard.live
  ),
  followups as (
    select f.* from coach as c
    cross join
      lateral public.get_leads_to_followup(c.id, get_dashboard.as_of)
      with ordinality as f (
        lead_id, user_id_instagram, first_name, status, days_since_contact, priority, number
      )
  )
  select
    jsonb_build_object(
      'coach', to_jsonb(c) - 'today',
      'as_of', get_dashboard.as_of,
      'today', c.today,
      'last_updated', f.last_updated,
      'kpis', (
        select
          jsonb_object_agg(
            k.code,
            jsonb_build_object(
              'value', v.value,
              'unit', k.unit,
              'is_estimate', k.code = any(f.estimated_kpis) and v.value <> 'null',
              'badge', case
                when k.badge_good_from is null or v.value = 'null' then null
                when v.value::numeric >= k.badge_excellent_from then 'excellent'
                when v.value::numeric >= k.badge_good_from then 'good'
                else 'to_improve'
              end
            )
          )
        from public.kpi_catalog as k
        cross join lateral (
          select
            (
              f.kpis
              || jsonb_build_object('leads_today', r.leads_today, 'leads_week', r.leads_week)
            ) -> k.code as value
        ) as v
      ),
      'funnel', (
        select coalesce(jsonb_agg(to_jsonb(g) order by g.position), '[]')
        from public.get_funnel(c.id) as g
      ),
      'top_sources', (
        select coalesce(jsonb_agg(to_jsonb(g)), '[]') from public.get_top_sources(c.id, 3) as g
      ),
      'top_professions', (
        select coalesce(jsonb_agg(to_jsonb(g)), '[]') from public.get_top_professions(c.id, 5) as g
      ),
      'loss_reasons', (
        select coalesce(jsonb_agg(to_jsonb(g)), '[]') from public.get_loss_reasons(c.id) as g
      ),
      'followups', (
        select
          jsonb_build_object(
            'high', count(*) filter (where u.priority = 'high'),
            'medium', count(*) filter (where u.priority = 'medium'),
            'low', count(*) filter (where u.priority = 'low')
          )
        from followups as u
      ),
      'leads_to_followup', (
        select coalesce(jsonb_agg(to_jsonb(u) - 'number' order by u.number), '[]')
        from followups as u
        where u.number <= 50
      )
    )
  from coach as c
  cross join figures as f
  cross join recent as r;
end;

comment on function public.get_dashboard(uuid, timestamptz, boolean) is
'Everything that a dashboard shows, in one call: each KPI as {value, unit, is_estimate, badge},'
' funnel, tops, loss reasons, follow-ups (the first 50). live computes now instead of reading '
'the last refresh.';
