-- The read API. Every function is an invoker: the policies of the tables decide, and another
-- tenant's id gives an empty answer. `coach_id` defaults to the caller's own tenant.

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

create function public.get_leads_to_followup(
  coach_id uuid default null, as_of timestamptz default now()
)
returns table (
  lead_id uuid,
  user_id_instagram text,
  first_name text,
  status text,
  days_since_contact integer,
  priority text
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  with silent as (
    select
      l.id,
      l.user_id_instagram,
      l.first_name,
      l.status,
      s.followup_after_days,
      s.relance_high_after_days,
      floor(
        extract(epoch from get_leads_to_followup.as_of - coalesce(l.last_message_at, l.created_at))
        / 86400
      )::integer as days
    from public.leads as l
    inner join public.coach_settings as s on l.coach_id = s.coach_id
    where
      l.coach_id = coalesce(get_leads_to_followup.coach_id, (select public.current_coach_id()))
      and l.status in ('new', 'engaged', 'qualified', 'call_proposed', 'relance')
  ),
  ranked as (
    select
      i.*,
      case
        when i.status in ('qualified', 'call_proposed') then 1
        when i.status = 'relance' and i.days >= i.relance_high_after_days then 1
        when i.status in ('engaged', 'relance') then 2
        else 3
      end as rank
    from silent as i
    where i.days >= i.followup_after_days
  )
  select
    r.id,
    r.user_id_instagram,
    r.first_name,
    r.status,
    r.days,
    (array['high', 'medium', 'low'])[r.rank]
  from ranked as r
  order by r.rank asc, r.days desc, r.id asc;
end;

comment on function public.get_leads_to_followup(uuid, timestamptz) is
'Open leads that nobody has heard of for some days, the most urgent first.';

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

-- The KPIs of some windows of days, one row each, from kpi_daily. Windows are numbered by their
-- place in the arrays, both ends included. Only what was measured: the settings passed here hold no
-- assumption, so a window without a measurement shows 0 or null, never an unmarked estimate.
create function private.kpi_windows(coach_id uuid, starts date[], ends date[])
returns table (
  number bigint,
  window_start date,
  window_end date,
  total_messages_sent bigint,
  total_messages_received bigint,
  total_leads bigint,
  leads_today bigint,
  leads_week bigint,
  avg_messages_per_lead numeric,
  avg_discussion_minutes numeric,
  msg1_rate numeric,
  msg2_rate numeric,
  msg3_rate numeric,
  msg4_rate numeric,
  contacted_leads bigint,
  qualified_leads bigint,
  calls_proposed bigint,
  calls_booked bigint,
  qualification_rate numeric,
  call_booking_rate numeric,
  lead_magnets_sent bigint,
  emails_captured bigint,
  no_show_rate numeric,
  male_count bigint,
  female_count bigint,
  other_count bigint,
  male_pct numeric,
  female_pct numeric,
  other_pct numeric,
  avg_age numeric,
  new_leads bigint,
  engaged_leads bigint,
  leads_won bigint,
  leads_lost bigint,
  leads_relance bigint,
  lost_rate numeric,
  relance_rate numeric,
  win_rate numeric,
  total_revenue numeric,
  deals_count bigint,
  avg_deal_value numeric,
  acquisition_cost numeric,
  roi_pct numeric,
  ai_efficiency numeric,
  hours_saved_monthly numeric,
  avg_time_to_action_minutes numeric,
  estimated_kpis text[]
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  with parts as (
    select
      w.number,
      row(
        kpi_windows.coach_id,
        null::date,
        coalesce(sum(d.messages_sent), 0),
        coalesce(sum(d.messages_received), 0),
        coalesce(sum(d.leads), 0),
        coalesce(sum(d.males), 0),
        coalesce(sum(d.females), 0),
        coalesce(sum(d.others), 0),
        coalesce(sum(d.age_sum), 0),
        coalesce(sum(d.ages), 0),
        coalesce(sum(d.emails), 0),
        coalesce(sum(d.new_leads), 0),
        coalesce(sum(d.engaged_leads), 0),
        coalesce(sum(d.relance_leads), 0),
        coalesce(sum(d.won_leads), 0),
        coalesce(sum(d.lost_leads), 0),
        coalesce(sum(d.revenue), 0),
        coalesce(sum(d.deals), 0),
        coalesce(sum(d.msg1_sent), 0),
        coalesce(sum(d.msg1_replied), 0),
        coalesce(sum(d.msg2_sent), 0),
        coalesce(sum(d.msg2_replied), 0),
        coalesce(sum(d.msg3_sent), 0),
        coalesce(sum(d.msg3_replied), 0),
        coalesce(sum(d.msg4_sent), 0),
        coalesce(sum(d.msg4_replied), 0),
        coalesce(sum(d.discussions), 0),
        coalesce(sum(d.discussion_seconds), 0),
        coalesce(sum(d.qualified_leads), 0),
        coalesce(sum(d.calls_proposed), 0),
        coalesce(sum(d.calls_booked), 0),
        coalesce(sum(d.calls_due), 0),
        coalesce(sum(d.no_shows), 0),
        coalesce(sum(d.lead_magnets), 0),
        coalesce(sum(d.timed_actions), 0),
        coalesce(sum(d.action_minutes), 0),
        '{}'::integer[]
      )::public.kpi_daily as parts
    from
      unnest(kpi_windows.starts, kpi_windows.ends)
      with ordinality as w (window_start, window_end, number)
    left join public.kpi_daily as d
      on
        d.coach_id = kpi_windows.coach_id
        and d.date between w.window_start and w.window_end
    group by w.number
  )
  select
    p.number,
    kpi_windows.starts[p.number],
    kpi_windows.ends[p.number],
    f.*
  from parts as p
  cross join
    lateral private.kpi_figures(
      p.parts,
      null,
      null,
      jsonb_populate_record(
        null::public.coach_settings, '{"lead_magnet_estimate_pct": 0, "email_estimate_pct": 0}'
      )
    ) as f
  order by p.number;
end;

comment on function private.kpi_windows(uuid, date[], date[]) is
'The KPIs of each [start, end] window of days.';

-- Raises for a window of time that makes no sense, so that a client's mistake is no empty chart.
create function private.check_window(from_date date, to_date date, grain text)
returns boolean
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if check_window.grain not in ('day', 'week', 'month', 'year') then
    raise exception 'grain must be one of day, week, month, year' using errcode = '22023';
  elsif check_window.from_date > check_window.to_date then
    raise exception 'from_date is after to_date' using errcode = '22023';
  elsif check_window.to_date - check_window.from_date > 36600 then
    raise exception 'a window has at most a hundred years' using errcode = '22023';
  end if;
  return true;
end;
$$;

create function public.get_kpi_history(
  coach_id uuid default null,
  from_date date default null,
  to_date date default null,
  grain text default 'day'
)
returns table (
  period_start date,
  period_end date,
  total_messages_sent bigint,
  total_messages_received bigint,
  total_leads bigint,
  avg_messages_per_lead numeric,
  avg_discussion_minutes numeric,
  msg1_rate numeric,
  msg2_rate numeric,
  msg3_rate numeric,
  msg4_rate numeric,
  contacted_leads bigint,
  qualified_leads bigint,
  calls_proposed bigint,
  calls_booked bigint,
  qualification_rate numeric,
  call_booking_rate numeric,
  lead_magnets_sent bigint,
  emails_captured bigint,
  no_show_rate numeric,
  male_count bigint,
  female_count bigint,
  other_count bigint,
  male_pct numeric,
  female_pct numeric,
  other_pct numeric,
  avg_age numeric,
  leads_won bigint,
  leads_lost bigint,
  win_rate numeric,
  total_revenue numeric,
  deals_count bigint,
  avg_deal_value numeric,
  avg_time_to_action_minutes numeric
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  with asked as (
    select
      c.id as coach_id,
      coalesce(get_kpi_history.to_date, (now() at time zone c.timezone)::date) as to_date
    from public.coachs as c
    where c.id = coalesce(get_kpi_history.coach_id, (select public.current_coach_id()))
  ),
  span as (
    select
      a.coach_id,
      coalesce(get_kpi_history.from_date, a.to_date - 29) as from_date,
      a.to_date
    from asked as a
  ),
  periods as (
    select
      s.coach_id,
      array_agg(greatest(p.start::date, s.from_date) order by p.start) as starts,
      array_agg(
        least((p.start + ('1 ' || get_kpi_history.grain)::interval)::date - 1, s.to_date)
        order by p.start
      ) as ends
    from span as s
    cross join
      lateral generate_series(
        date_trunc(get_kpi_history.grain, s.from_date::timestamp),
        s.to_date::timestamp,
        ('1 ' || get_kpi_history.grain)::interval
      ) as p (start)
    where private.check_window(s.from_date, s.to_date, get_kpi_history.grain)
    group by s.coach_id
  )
  select
    w.window_start,
    w.window_end,
    w.total_messages_sent,
    w.total_messages_received,
    w.total_leads,
    w.avg_messages_per_lead,
    w.avg_discussion_minutes,
    w.msg1_rate,
    w.msg2_rate,
    w.msg3_rate,
    w.msg4_rate,
    w.contacted_leads,
    w.qualified_leads,
    w.calls_proposed,
    w.calls_booked,
    w.qualification_rate,
    w.call_booking_rate,
    w.lead_magnets_sent,
    w.emails_captured,
    w.no_show_rate,
    w.male_count,
    w.female_count,
    w.other_count,
    w.male_pct,
    w.female_pct,
    w.other_pct,
    w.avg_age,
    w.leads_won,
    w.leads_lost,
    w.win_rate,
    w.total_revenue,
    w.deals_count,
    w.avg_deal_value,
    w.avg_time_to_action_minutes
  from periods as p
  cross join lateral private.kpi_windows(p.coach_id, p.starts, p.ends) as w
  order by w.number;
end;

comment on function public.get_kpi_history(uuid, date, date, text) is
'KPIs of each day, week, month or year of a window (default: the last 30 days), by what '
'happened in it. Weeks begin on Monday.';

create function public.get_kpi_comparison(
  coach_id uuid default null, from_date date default null, to_date date default null
)
returns table (
  code text,
  unit text,
  current numeric,
  previous numeric,
  change numeric,
  change_pct numeric
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  with asked as (
    select
      c.id as coach_id,
      coalesce(get_kpi_comparison.to_date, (now() at time zone c.timezone)::date) as to_date
    from public.coachs as c
    where c.id = coalesce(get_kpi_comparison.coach_id, (select public.current_coach_id()))
  ),
  span as (
    select
      a.coach_id,
      coalesce(get_kpi_comparison.from_date, a.to_date - 29) as from_date,
      a.to_date
    from asked as a
  ),
  figures as (
    select
      w.number,
      to_jsonb(w) as figures
    from span as s
    cross join
      lateral private.kpi_windows(
        s.coach_id,
        array[s.from_date, s.from_date - (s.to_date - s.from_date + 1)],
        array[s.to_date, s.from_date - 1]
      ) as w
    where private.check_window(s.from_date, s.to_date, 'day')
  )
  select
    k.code,
    k.unit,
    v.current,
    v.previous,
    v.current - v.previous,
    round(100.0 * (v.current - v.previous) / nullif(abs(v.previous), 0), 1)
  from figures as f1
  inner join figures as f2 on f1.number = 1 and f2.number = 2
  cross join public.kpi_catalog as k
  cross join
    lateral (
      values ((f1.figures ->> k.code)::numeric, (f2.figures ->> k.code)::numeric)
    ) as v (current, previous)
  where
    k.code in (
      'total_messages_sent',
      'total_messages_received',
      'total_leads',
      'avg_messages_per_lead',
      'avg_discussion_minutes',
      'msg1_rate',
      'msg2_rate',
      'msg3_rate',
      'msg4_rate',
      'contacted_leads',
      'qualified_leads',
      'calls_proposed',
      'calls_booked',
      'qualification_rate',
      'call_booking_rate',
      'lead_magnets_sent',
      'emails_captured',
      'no_show_rate',
      'male_count',
      'female_count',
      'other_count',
      'male_pct',
      'female_pct',
      'other_pct',
      'avg_age',
      'leads_won',
      'leads_lost',
      'win_rate',
      'total_revenue',
      'deals_count',
      'avg_deal_value',
      'avg_time_to_action_minutes'
    )
  order by k.position;
end;

comment on function public.get_kpi_comparison(uuid, date, date) is
'KPIs of a window of days (default: the last 30) beside those of the window of equal length '
'before it.';

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

create function public.admin_overview()
returns table (
  coach_id uuid,
  name text,
  email text,
  status text,
  total_leads bigint,
  leads_week bigint,
  calls_booked bigint,
  leads_won bigint,
  total_revenue numeric,
  currency text,
  last_message_at timestamptz,
  last_updated timestamptz
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    c.id,
    c.name,
    c.email,
    c.status,
    k.total_leads,
    k.leads_week,
    k.calls_booked,
    k.leads_won,
    k.total_revenue,
    c.currency,
    (
      select m.created_at
      from public.messages as m
      where m.coach_id = c.id
      order by m.created_at desc
      limit 1
    ),
    k.last_updated
  from public.coachs as c
  left join public.coach_dashboard_kpis as k on c.id = k.coach_id
  where (select private.sees_every_tenant())
  order by c.name collate "C" asc, c.id asc;
end;

comment on function public.admin_overview() is
'Every tenant in one table, for platform admins and the secret key; empty for everybody else.';

create function private.health()
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_refreshed_at timestamptz := (select max(r.finished_at) from private.kpi_refreshes as r);
  v_waiting bigint := (select count(*) from private.dead_letters as d where d.resolved_at is null);
  v_migration text;
  v_jobs jsonb := (
    select coalesce(jsonb_agg(jsonb_build_object('name', j.name, 'schedule', j.schedule) order by j.name), '[]')
    from private.job_catalog as j
  );
  v_runner text := 'local';
  v_fresh boolean;
begin
  -- Neither table exists everywhere, so both are asked dynamically.
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    execute 'select max(version) from supabase_migrations.schema_migrations' into v_migration;
  end if;
  if exists (select from pg_catalog.pg_extension as e where e.extname = 'pg_cron') then
    v_runner := 'pg_cron';
    execute
      'select coalesce(jsonb_agg(jsonb_build_object('
      '  ''name'', c.name, ''schedule'', c.schedule, ''last_status'', r.status,'
      '  ''last_run_at'', r.start_time) order by c.name), ''[]'')'
      ' from private.job_catalog as c'
      ' left join cron.job as j on j.jobname = c.name'
      ' left join lateral (select d.status, d.start_time from cron.job_run_details as d'
      '   where d.jobid = j.jobid order by d.runid desc limit 1) as r on true'
      into v_jobs;
  end if;
  v_fresh := coalesce(v_refreshed_at > now() - interval '15 minutes', false);
  return jsonb_build_object(
    'status', case when v_fresh and v_waiting = 0 then 'ok' else 'degraded' end,
    'kpis', jsonb_build_object(
      'fresh', v_fresh,
      'last_refresh_at', v_refreshed_at,
      'age_seconds', floor(extract(epoch from now() - v_refreshed_at))
    ),
    'jobs', jsonb_build_object('runner', v_runner, 'list', v_jobs),
    'dead_letters', v_waiting,
    'last_migration', v_migration,
    'postgres', current_setting('server_version')
  );
end;
$$;

comment on function private.health() is
'Definer: it counts rows of tables that the asker may not read. See public.health.';

create function public.health()
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select private.health();
end;

comment on function public.health() is
'Freshness of the KPIs (fresh: refreshed within 15 minutes), jobs, waiting dead letters, last '
'migration. No secrets, no tenant''s figures.';
