-- Makes a refresh cheaper: the materialized view projects the parts and no longer works out every
-- figure of every tenant, marks of many leads that were written to are shorter, and days are added
-- to without being read first. A reply that is noted wakes no trigger.
-- Locks: the materialized view is made anew, of all tenants at once; readers of the dashboards wait
-- for the end of this migration. At the end two triggers of public.messages are made anew: that
-- waits for whoever writes messages, and new messages wait for it, a moment each. Marks that wait
-- for a refresh stay as they are; one that comes between two statements, each a transaction of
-- its own, fails and leaves its marks to the next.

alter materialized view private.coach_dashboard_kpis rename to coach_dashboard_kpis_before;
alter index private.coach_dashboard_kpis_coach_id_key
rename to coach_dashboard_kpis_before_coach_id_key;

-- A materialized view has no RLS and holds every tenant: private, and read only through the view
-- of the same name in `public`. A refresh makes all of it and compares it with what was, so it only
-- projects what is kept: totals and assumptions, each as one value, and the days that are today and
-- this week. Figures are worked out for the rows that somebody reads. «Today» is read too, never
-- asked of a clock: the same rows give the same view. The last column is always null: among rows
-- without a null, a concurrent refresh first compares each with each in search of duplicates, which
-- takes as long as all the rest, and coach_id is unique.
create materialized view private.coach_dashboard_kpis as
select
  t.coach_id,
  t as totals,
  s as settings,
  recent.today as leads_today,
  recent.week as leads_week,
  null::boolean as is_duplicate
from private.kpi_totals as t
inner join public.coach_settings as s on t.coach_id = s.coach_id
inner join private.kpi_zones as z on t.timezone = z.timezone
cross join
  lateral (
    select
      coalesce(sum(d.leads) filter (where d.date = z.today), 0)::bigint as today,
      coalesce(sum(d.leads), 0)::bigint as week
    from public.kpi_daily as d
    where d.coach_id = t.coach_id and d.date between z.today - 6 and z.today
  ) as recent;

-- Refreshing concurrently needs a unique index without a predicate; one's row is found by it too.
create unique index coach_dashboard_kpis_coach_id_key on private.coach_dashboard_kpis (coach_id);

comment on materialized view private.coach_dashboard_kpis is
'What the KPIs of each tenant are made of, one row per tenant, every tenant: never granted to an API '
'role.';

-- For the public view below and for the boards, which are made of every tenant's.
create view private.dashboard_figures as
select
  k.coach_id,
  f.*,
  (k.totals).best_weekday as best_conversion_weekday,
  (k.totals).best_hour as best_conversion_hour
from private.coach_dashboard_kpis as k
cross join lateral private.kpi_figures(
  row(
    k.coach_id,
    null::date,
    (k.totals).messages_sent,
    (k.totals).messages_received,
    (k.totals).leads,
    (k.totals).males,
    (k.totals).females,
    (k.totals).others,
    (k.totals).age_sum,
    (k.totals).ages,
    (k.totals).emails,
    (k.totals).new_leads,
    (k.totals).engaged_leads,
    (k.totals).relance_leads,
    (k.totals).won_leads,
    (k.totals).lost_leads,
    (k.totals).revenue,
    (k.totals).deals,
    (k.totals).msg1_sent,
    (k.totals).msg1_replied,
    (k.totals).msg2_sent,
    (k.totals).msg2_replied,
    (k.totals).msg3_sent,
    (k.totals).msg3_replied,
    (k.totals).msg4_sent,
    (k.totals).msg4_replied,
    (k.totals).discussions,
    (k.totals).discussion_seconds,
    (k.totals).qualified_leads,
    (k.totals).calls_proposed,
    (k.totals).calls_booked,
    (k.totals).calls_due,
    (k.totals).no_shows,
    (k.totals).lead_magnets,
    (k.totals).timed_actions,
    (k.totals).action_minutes,
    '{}'::integer[]
  )::public.kpi_daily,
  k.leads_today,
  k.leads_week,
  k.settings
) as f;

comment on view private.dashboard_figures is
'Every KPI of every tenant, as of the last refresh: never granted to an API role.';

-- Owner rights, because nobody who asks may read the materialized view itself; security_barrier,
-- so that no function of the asker's sees a row before the filter does. service_role and platform
-- admins see every tenant.
create or replace view public.coach_dashboard_kpis
with (security_barrier = true)
as
select
  k.coach_id,
  k.total_messages_sent,
  k.total_messages_received,
  k.total_leads,
  k.leads_today,
  k.leads_week,
  k.avg_messages_per_lead,
  k.avg_discussion_minutes,
  k.msg1_rate,
  k.msg2_rate,
  k.msg3_rate,
  k.msg4_rate,
  k.contacted_leads,
  k.qualified_leads,
  k.calls_proposed,
  k.calls_booked,
  k.qualification_rate,
  k.call_booking_rate,
  k.lead_magnets_sent,
  k.emails_captured,
  k.no_show_rate,
  k.male_count,
  k.female_count,
  k.other_count,
  k.male_pct,
  k.female_pct,
  k.other_pct,
  k.avg_age,
  k.new_leads,
  k.engaged_leads,
  k.leads_won,
  k.leads_lost,
  k.leads_relance,
  k.lost_rate,
  k.relance_rate,
  k.win_rate,
  k.total_revenue,
  k.deals_count,
  k.avg_deal_value,
  k.acquisition_cost,
  k.roi_pct,
  k.ai_efficiency,
  k.hours_saved_monthly,
  k.avg_time_to_action_minutes,
  k.estimated_kpis,
  k.best_conversion_weekday,
  k.best_conversion_hour,
  (select max(r.finished_at) from private.kpi_refreshes as r) as last_updated
from private.dashboard_figures as k
where k.coach_id = any((select private.visible_coach_ids())::uuid[]);

comment on view public.coach_dashboard_kpis is
'Every KPI of one''s own tenants, one row each, as of last_updated.';

revoke all on private.coach_dashboard_kpis from public, anon, authenticated, service_role;
revoke all on private.dashboard_figures from public, anon, authenticated, service_role;

-- Writes anew the KPIs on the boards of these tenants (null: of all), whose lists are as they were.
create or replace function private.relabel_boards(coach_ids uuid[])
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

drop materialized view private.coach_dashboard_kpis_before;

-- The follow-ups on the boards of these tenants, by their settings: how many there are at a
-- moment, and what time alone will do to that, if nobody writes. On the days of the two thresholds,
-- of which the index knows the day and not the moment, some leads are due and others become so: a
-- reader then counts moments, not leads. Days before are counted by the index alone.
create function private.board_followups(coach_ids uuid[], at timestamptz)
returns table (
  coach_id uuid,
  followup_after_days integer,
  relance_high_after_days integer,
  high bigint,
  medium bigint,
  low bigint,
  due_high timestamptz[],
  due_medium timestamptz[],
  due_low timestamptz[],
  due_urgent timestamptz[],
  until timestamptz
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
    s.followup_after_days,
    s.relance_high_after_days,
    past.high + here.high + past.urgent + there.urgent,
    past.medium + here.medium - past.urgent - there.urgent,
    past.low + here.low,
    here.due_high,
    here.due_medium,
    here.due_low,
    there.due_urgent,
    least(
      (d.due_on + 1)::timestamp at time zone 'UTC' + w.days,
      (d.urgent_on + 1)::timestamp at time zone 'UTC' + w.high_days
    )
  from unnest(board_followups.coach_ids) as t (id)
  inner join public.coach_settings as s on t.id = s.coach_id
  cross join
    lateral (
      select
        make_interval(hours => 24 * s.followup_after_days) as days,
        make_interval(
          hours => 24 * greatest(s.followup_after_days, s.relance_high_after_days)
        ) as high_days
    ) as w
  cross join
    lateral (
      select
        ((board_followups.at - w.days) at time zone 'UTC')::date as due_on,
        ((board_followups.at - w.high_days) at time zone 'UTC')::date as urgent_on
    ) as d
  cross join
    lateral (
      select
        count(*) filter (where l.status in ('qualified', 'call_proposed')) as high,
        count(*) filter (where l.status in ('engaged', 'relance')) as medium,
        count(*) filter (where l.status = 'new') as low,
        count(*) filter (where l.status = 'relance' and l.silent_on < d.urgent_on) as urgent
      from public.leads as l
      where
        l.coach_id = s.coach_id
        and l.status in ('new', 'engaged', 'qualified', 'call_proposed', 'relance')
        and l.silent_on < d.due_on
    ) as past
  cross join
    lateral (
      select
        count(*) filter (where l.at <= board_followups.at and l.rank = 1) as high,
        count(*) filter (where l.at <= board_followups.at and l.rank = 2) as medium,
        count(*) filter (where l.at <= board_followups.at and l.rank = 3) as low,
        coalesce(
          array_agg(l.at order by l.at) filter (where l.at > board_followups.at and l.rank = 1),
          '{}'
        ) as due_high,
        coalesce(
          array_agg(l.at order by l.at) filter (where l.at > board_followups.at and l.rank = 2),
          '{}'
        ) as due_medium,
        coalesce(
          array_agg(l.at order by l.at) filter (where l.at > board_followups.at and l.rank = 3),
          '{}'
        ) as due_low
      from (
        select
          coalesce(f.last_message_at, f.created_at) + w.days as at,
          case
            when f.status in ('qualified', 'call_proposed') then 1
            when f.status in ('engaged', 'relance') then 2
            else 3
          end as rank
        from public.leads as f
        where
          f.coach_id = s.coach_id
          and f.status in ('new', 'engaged', 'qualified', 'call_proposed', 'relance')
          and f.silent_on = d.due_on
      ) as l
    ) as here
  cross join
    lateral (
      select
        count(*) filter (where l.at <= board_followups.at) as urgent,
        coalesce(array_agg(l.at order by l.at) filter (where l.at > board_followups.at), '{}')
          as due_urgent
      from (
        select coalesce(f.last_message_at, f.created_at) + w.high_days as at
        from public.leads as f
        where f.coach_id = s.coach_id and f.status = 'relance' and f.silent_on = d.urgent_on
      ) as l
    ) as there;
end;
$$;

comment on function private.board_followups(uuid[], timestamptz) is
'How many leads of each tenant are to be followed up, by priority, and the later moments when more '
'become due, or urgent; all before `until`.';

-- `touched` are the tenants of which anything changed; of them `reshaped` those of which a lead
-- came or went, or changed what the lists count. Null: every tenant. An empty array: none. It reads
-- dashboard_figures, so the materialized view must have been refreshed.
create or replace function private.refresh_boards(
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

drop function private.upcoming_followups(uuid, timestamptz, integer, integer);

-- Wins that came to, or went from, an hour of a day that has a row already. Few days have any: only
-- their hours are read and written again.
create function private.add_wins(
  coach_ids uuid[], dates date[], hours integer[], wins bigint[]
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
begin
  with changes as (
    select c.*
    from unnest(add_wins.coach_ids, add_wins.dates, add_wins.hours, add_wins.wins)
      as c (coach_id, date, hour, wins)
  ),
  counted as (
    select
      w.coach_id,
      w.date,
      w.hour,
      sum(w.wins)::integer as wins
    from (
      select c.* from changes as c
      union all
      select
        d.coach_id,
        d.date,
        h.hour,
        1
      from public.kpi_daily as d
      cross join lateral unnest(d.win_hours) as h (hour)
      where (d.coach_id, d.date) in (select c.coach_id, c.date from changes as c)
    ) as w
    group by w.coach_id, w.date, w.hour
  )
  update public.kpi_daily as d
  set win_hours = n.win_hours
  from (
    select
      c.coach_id,
      c.date,
      coalesce(array_agg(c.hour order by c.hour) filter (where x.number is not null), '{}')
        as win_hours
    from counted as c
    left join lateral generate_series(1, c.wins) as x (number) on true
    group by c.coach_id, c.date
  ) as n
  where d.coach_id = n.coach_id and d.date = n.date;

  perform private.find_best_hours(array(select distinct c.id from unnest(add_wins.coach_ids) as c (id)));
end;
$$;

comment on function private.add_wins(uuid[], date[], integer[], bigint[]) is
'Adds wins to the hours of their days, and finds the best hours of those tenants again.';

-- Takes every mark out of the logs, adds it to the days, totals and lead counts that it belongs to,
-- and says how many there were, on how many days and of which tenants. One statement: marks that it
-- does not see are left for the next one, whole writes at a time. A mark of a tenant that is gone
-- adds nothing.
create or replace function private.add_kpi_changes(
  out changes bigint, out days bigint, out tenants uuid[], out reshaped uuid[]
)
language plpgsql
set search_path = pg_catalog, pg_temp
-- The marks of a few minutes are grouped in memory, not in files.
set work_mem = '16MB'
as $$
declare
  v_emptied_coach_ids uuid [];
  v_emptied_dates date [];
  v_win_coach_ids uuid [];
  v_win_dates date [];
  v_win_hours integer [];
  v_wins bigint [];
  v_without uuid [];
begin
  with
  message_changes as (
    delete from private.kpi_message_changes as m
    returning m.*
  ),
  sequence_changes as (
    delete from private.kpi_sequence_changes as s
    returning s.*
  ),
  lead_changes as (
    delete from private.kpi_lead_changes as l
    returning l.*
  ),
  -- The zone of the days as they were counted: a new one waits for its recount.
  zones as (
    select
      c.id as coach_id,
      coalesce(t.timezone, c.timezone) as timezone
    from public.coachs as c
    left join private.kpi_totals as t on c.id = t.coach_id
  ),
  message_days as (
    select
      m.coach_id,
      (m.at at time zone z.timezone)::date as date,
      sum(m.sent) as messages_sent,
      sum(m.received) as messages_received,
      sum(m.discussion_seconds) as discussion_seconds
    from message_changes as m
    inner join zones as z on m.coach_id = z.coach_id
    group by m.coach_id, (m.at at time zone z.timezone)::date
  ),
  sequence_days as (
    select
      s.coach_id,
      (s.at at time zone z.timezone)::date as date,
      sum(s.sent) filter (where s.number = 1) as msg1_sent,
      sum(s.replied) filter (where s.number = 1) as msg1_replied,
      sum(s.sent) filter (where s.number = 2) as msg2_sent,
      sum(s.replied) filter (where s.number = 2) as msg2_replied,
      sum(s.sent) filter (where s.number = 3) as msg3_sent,
      sum(s.replied) filter (where s.number = 3) as msg3_replied,
      sum(s.sent) filter (where s.number = 4) as msg4_sent,
      sum(s.replied) filter (where s.number = 4) as msg4_replied
    from sequence_changes as s
    inner join zones as z on s.coach_id = z.coach_id
    group by s.coach_id, (s.at at time zone z.timezone)::date
  ),
  -- A lead that was written several times was in between what the next write took away, and what the
  -- lists alone count cancels out here.
  counted as (
    select
      l.coach_id,
      l.discussed_at,
      l.created_at,
      l.gender,
      l.age,
      l.has_email,
      l.status,
      l.deal_value,
      l.status_changed_at,
      l.qualified_at,
      l.call_proposed_at,
      l.call_booked_at,
      l.call_attended_at,
      l.call_no_show_at,
      l.won_at,
      l.lost_at,
      l.lead_magnet_sent_at,
      l.time_to_action_minutes,
      sum(l.leads) as leads,
      sum(l.discussion_seconds) as discussion_seconds
    from lead_changes as l
    group by
      l.coach_id, l.discussed_at, l.created_at, l.gender, l.age, l.has_email, l.status,
      l.deal_value, l.status_changed_at, l.qualified_at, l.call_proposed_at, l.call_booked_at,
      l.call_attended_at, l.call_no_show_at, l.won_at, l.lost_at, l.lead_magnet_sent_at,
      l.time_to_action_minutes
    having sum(l.leads) <> 0 or sum(l.discussion_seconds) <> 0
  ),
  -- A lead once for each thing that happened to it, as in count_days.
  moments as materialized (
    select
      l.*,
      moment.kind,
      moment.at at time zone z.timezone as local_at
    from counted as l
    inner join zones as z on l.coach_id = z.coach_id
    cross join
      lateral (
        select
          k.kind,
          k.at
        from (
          values
          ('created', l.created_at),
          (
            'relance',
            case when l.status = 'relance' then coalesce(l.status_changed_at, l.created_at) end
          ),
          ('won', l.won_at),
          ('lost', case when l.status = 'lost' then l.lost_at end),
          ('qualified', l.qualified_at),
          ('call_proposed', l.call_proposed_at),
          ('call_booked', l.call_booked_at),
          ('call_due', least(l.call_attended_at, l.call_no_show_at)),
          ('no_show', l.call_no_show_at),
          ('lead_magnet', l.lead_magnet_sent_at),
          (
            'action',
            case
              when l.time_to_action_minutes is not null
                then coalesce(l.call_booked_at, l.created_at)
            end
          )
        ) as k (kind, at)
        where l.leads <> 0 and k.at is not null
        union all
        select
          'discussion',
          l.discussed_at
        where l.discussed_at is not null
      ) as moment
  ),
  lead_days as (
    select
      m.coach_id,
      m.local_at::date as date,
      sum(m.leads) filter (where m.kind = 'created') as leads,
      sum(m.leads) filter (where m.kind = 'created' and m.gender = 'male') as males,
      sum(m.leads) filter (where m.kind = 'created' and m.gender = 'female') as females,
      sum(m.leads) filter (where m.kind = 'created' and m.gender = 'other') as others,
      sum(m.leads * m.age) filter (where m.kind = 'created') as age_sum,
      sum(m.leads) filter (where m.kind = 'created' and m.age is not null) as ages,
      sum(m.leads) filter (where m.kind = 'created' and m.has_email) as emails,
      sum(m.leads) filter (where m.kind = 'created' and m.status = 'new') as new_leads,
      sum(m.leads) filter (where m.kind = 'created' and m.status = 'engaged') as engaged_leads,
      sum(m.leads) filter (where m.kind = 'relance') as relance_leads,
      sum(m.leads) filter (where m.kind = 'won' and m.status = 'won') as won_leads,
      sum(m.leads) filter (where m.kind = 'lost') as lost_leads,
      sum(m.leads * m.deal_value) filter (where m.kind = 'won' and m.status = 'won') as revenue,
      sum(m.leads) filter (
        where m.kind = 'won' and m.status = 'won' and m.deal_value is not null
      ) as deals,
      sum(m.leads) filter (where m.kind = 'discussion') as discussions,
      sum(m.discussion_seconds) filter (where m.kind = 'discussion') as discussion_seconds,
      sum(m.leads) filter (where m.kind = 'qualified') as qualified_leads,
      sum(m.leads) filter (where m.kind = 'call_proposed') as calls_proposed,
      sum(m.leads) filter (where m.kind = 'call_booked') as calls_booked,
      sum(m.leads) filter (where m.kind = 'call_due') as calls_due,
      sum(m.leads) filter (where m.kind = 'no_show') as no_shows,
      sum(m.leads) filter (where m.kind = 'lead_magnet') as lead_magnets,
      sum(m.leads) filter (where m.kind = 'action') as timed_actions,
      sum(m.leads * m.time_to_action_minutes) filter (where m.kind = 'action') as action_minutes
    from moments as m
    group by m.coach_id, m.local_at::date
  ),
  -- The hours in which wins came, or went.
  wins as (
    select
      m.coach_id,
      m.local_at::date as date,
      extract(hour from m.local_at)::integer as hour,
      sum(m.leads) as wins
    from moments as m
    where m.kind = 'won'
    group by m.coach_id, m.local_at::date, extract(hour from m.local_at)::integer
    having sum(m.leads) <> 0
  ),
  changed as materialized (
    select
      coach_id,
      date,
      coalesce(m.messages_sent, 0) as messages_sent,
      coalesce(m.messages_received, 0) as messages_received,
      coalesce(l.leads, 0) as leads,
      coalesce(l.males, 0) as males,
      coalesce(l.females, 0) as females,
      coalesce(l.others, 0) as others,
      coalesce(l.age_sum, 0) as age_sum,
      coalesce(l.ages, 0) as ages,
      coalesce(l.emails, 0) as emails,
      coalesce(l.new_leads, 0) as new_leads,
      coalesce(l.engaged_leads, 0) as engaged_leads,
      coalesce(l.relance_leads, 0) as relance_leads,
      coalesce(l.won_leads, 0) as won_leads,
      coalesce(l.lost_leads, 0) as lost_leads,
      coalesce(l.revenue, 0) as revenue,
      coalesce(l.deals, 0) as deals,
      coalesce(s.msg1_sent, 0) as msg1_sent,
      coalesce(s.msg1_replied, 0) as msg1_replied,
      coalesce(s.msg2_sent, 0) as msg2_sent,
      coalesce(s.msg2_replied, 0) as msg2_replied,
      coalesce(s.msg3_sent, 0) as msg3_sent,
      coalesce(s.msg3_replied, 0) as msg3_replied,
      coalesce(s.msg4_sent, 0) as msg4_sent,
      coalesce(s.msg4_replied, 0) as msg4_replied,
      coalesce(l.discussions, 0) as discussions,
      coalesce(l.discussion_seconds, 0) + coalesce(m.discussion_seconds, 0) as discussion_seconds,
      coalesce(l.qualified_leads, 0) as qualified_leads,
      coalesce(l.calls_proposed, 0) as calls_proposed,
      coalesce(l.calls_booked, 0) as calls_booked,
      coalesce(l.calls_due, 0) as calls_due,
      coalesce(l.no_shows, 0) as no_shows,
      coalesce(l.lead_magnets, 0) as lead_magnets,
      coalesce(l.timed_actions, 0) as timed_actions,
      coalesce(l.action_minutes, 0) as action_minutes
    from message_days as m
    full join sequence_days as s using (coach_id, date)
    full join lead_days as l using (coach_id, date)
  ),
  written as (
    insert into public.kpi_daily as d (
      coach_id, date, messages_sent, messages_received, leads, males, females, others,
      age_sum, ages, emails, new_leads, engaged_leads, relance_leads, won_leads, lost_leads,
      revenue, deals, msg1_sent, msg1_replied, msg2_sent, msg2_replied, msg3_sent,
      msg3_replied, msg4_sent, msg4_replied, discussions, discussion_seconds,
      qualified_leads, calls_proposed, calls_booked, calls_due, no_shows, lead_magnets,
      timed_actions, action_minutes
    )
    select
      n.coach_id,
      n.date,
      n.messages_sent,
      n.messages_received,
      n.leads,
      n.males,
      n.females,
      n.others,
      n.age_sum,
      n.ages,
      n.emails,
      n.new_leads,
      n.engaged_leads,
      n.relance_leads,
      n.won_leads,
      n.lost_leads,
      n.revenue,
      n.deals,
      n.msg1_sent,
      n.msg1_replied,
      n.msg2_sent,
      n.msg2_replied,
      n.msg3_sent,
      n.msg3_replied,
      n.msg4_sent,
      n.msg4_replied,
      n.discussions,
      n.discussion_seconds,
      n.qualified_leads,
      n.calls_proposed,
      n.calls_booked,
      n.calls_due,
      n.no_shows,
      n.lead_magnets,
      n.timed_actions,
      n.action_minutes
    from changed as n
    on conflict (coach_id, date) do update
      set
        messages_sent = d.messages_sent + excluded.messages_sent,
        messages_received = d.messages_received + excluded.messages_received,
        leads = d.leads + excluded.leads,
        males = d.males + excluded.males,
        females = d.females + excluded.females,
        others = d.others + excluded.others,
        age_sum = d.age_sum + excluded.age_sum,
        ages = d.ages + excluded.ages,
        emails = d.emails + excluded.emails,
        new_leads = d.new_leads + excluded.new_leads,
        engaged_leads = d.engaged_leads + excluded.engaged_leads,
        relance_leads = d.relance_leads + excluded.relance_leads,
        won_leads = d.won_leads + excluded.won_leads,
        lost_leads = d.lost_leads + excluded.lost_leads,
        revenue = d.revenue + excluded.revenue,
        deals = d.deals + excluded.deals,
        msg1_sent = d.msg1_sent + excluded.msg1_sent,
        msg1_replied = d.msg1_replied + excluded.msg1_replied,
        msg2_sent = d.msg2_sent + excluded.msg2_sent,
        msg2_replied = d.msg2_replied + excluded.msg2_replied,
        msg3_sent = d.msg3_sent + excluded.msg3_sent,
        msg3_replied = d.msg3_replied + excluded.msg3_replied,
        msg4_sent = d.msg4_sent + excluded.msg4_sent,
        msg4_replied = d.msg4_replied + excluded.msg4_replied,
        discussions = d.discussions + excluded.discussions,
        discussion_seconds = d.discussion_seconds + excluded.discussion_seconds,
        qualified_leads = d.qualified_leads + excluded.qualified_leads,
        calls_proposed = d.calls_proposed + excluded.calls_proposed,
        calls_booked = d.calls_booked + excluded.calls_booked,
        calls_due = d.calls_due + excluded.calls_due,
        no_shows = d.no_shows + excluded.no_shows,
        lead_magnets = d.lead_magnets + excluded.lead_magnets,
        timed_actions = d.timed_actions + excluded.timed_actions,
        action_minutes = d.action_minutes + excluded.action_minutes
    returning
      d.coach_id,
      d.date,
      -- Every other part is some of one of these.
      greatest(
        d.messages_sent, d.messages_received, d.leads, d.relance_leads, d.won_leads, d.lost_leads,
        d.msg1_sent, d.msg2_sent, d.msg3_sent, d.msg4_sent, d.discussions, d.qualified_leads,
        d.calls_proposed, d.calls_booked, d.calls_due, d.no_shows, d.lead_magnets,
        d.timed_actions
      ) = 0 as is_empty
  ),
  totals as (
    insert into private.kpi_totals as t (
      coach_id, timezone,
      messages_sent, messages_received, leads, males, females, others, age_sum, ages, emails,
      new_leads, engaged_leads, relance_leads, won_leads, lost_leads, revenue, deals, msg1_sent,
      msg1_replied, msg2_sent, msg2_replied, msg3_sent, msg3_replied, msg4_sent, msg4_replied,
      discussions, discussion_seconds, qualified_leads, calls_proposed, calls_booked, calls_due,
      no_shows, lead_magnets, timed_actions, action_minutes
    )
    select
      n.coach_id,
      z.timezone,
      sum(n.messages_sent),
      sum(n.messages_received),
      sum(n.leads),
      sum(n.males),
      sum(n.females),
      sum(n.others),
      sum(n.age_sum),
      sum(n.ages),
      sum(n.emails),
      sum(n.new_leads),
      sum(n.engaged_leads),
      sum(n.relance_leads),
      sum(n.won_leads),
      sum(n.lost_leads),
      sum(n.revenue),
      sum(n.deals),
      sum(n.msg1_sent),
      sum(n.msg1_replied),
      sum(n.msg2_sent),
      sum(n.msg2_replied),
      sum(n.msg3_sent),
      sum(n.msg3_replied),
      sum(n.msg4_sent),
      sum(n.msg4_replied),
      sum(n.discussions),
      sum(n.discussion_seconds),
      sum(n.qualified_leads),
      sum(n.calls_proposed),
      sum(n.calls_booked),
      sum(n.calls_due),
      sum(n.no_shows),
      sum(n.lead_magnets),
      sum(n.timed_actions),
      sum(n.action_minutes)
    from changed as n
    inner join zones as z on n.coach_id = z.coach_id
    group by n.coach_id, z.timezone
    on conflict (coach_id) do update
      set
        messages_sent = t.messages_sent + excluded.messages_sent,
        messages_received = t.messages_received + excluded.messages_received,
        leads = t.leads + excluded.leads,
        males = t.males + excluded.males,
        females = t.females + excluded.females,
        others = t.others + excluded.others,
        age_sum = t.age_sum + excluded.age_sum,
        ages = t.ages + excluded.ages,
        emails = t.emails + excluded.emails,
        new_leads = t.new_leads + excluded.new_leads,
        engaged_leads = t.engaged_leads + excluded.engaged_leads,
        relance_leads = t.relance_leads + excluded.relance_leads,
        won_leads = t.won_leads + excluded.won_leads,
        lost_leads = t.lost_leads + excluded.lost_leads,
        revenue = t.revenue + excluded.revenue,
        deals = t.deals + excluded.deals,
        msg1_sent = t.msg1_sent + excluded.msg1_sent,
        msg1_replied = t.msg1_replied + excluded.msg1_replied,
        msg2_sent = t.msg2_sent + excluded.msg2_sent,
        msg2_replied = t.msg2_replied + excluded.msg2_replied,
        msg3_sent = t.msg3_sent + excluded.msg3_sent,
        msg3_replied = t.msg3_replied + excluded.msg3_replied,
        msg4_sent = t.msg4_sent + excluded.msg4_sent,
        msg4_replied = t.msg4_replied + excluded.msg4_replied,
        discussions = t.discussions + excluded.discussions,
        discussion_seconds = t.discussion_seconds + excluded.discussion_seconds,
        qualified_leads = t.qualified_leads + excluded.qualified_leads,
        calls_proposed = t.calls_proposed + excluded.calls_proposed,
        calls_booked = t.calls_booked + excluded.calls_booked,
        calls_due = t.calls_due + excluded.calls_due,
        no_shows = t.no_shows + excluded.no_shows,
        lead_magnets = t.lead_magnets + excluded.lead_magnets,
        timed_actions = t.timed_actions + excluded.timed_actions,
        action_minutes = t.action_minutes + excluded.action_minutes
  ),
  counts as (
    insert into private.kpi_lead_counts as k (coach_id, kind, digest, value, leads)
    select
      l.coach_id,
      v.kind,
      sha256(convert_to(v.value, 'UTF8')),
      v.value,
      sum(l.leads)
    from lead_changes as l
    inner join zones as z on l.coach_id = z.coach_id
    cross join
      lateral private.lead_values(
        l.status, l.source, l.job_title, l.loss_reason, l.is_contacted, l.is_engaged,
        l.qualified_at, l.call_proposed_at, l.call_booked_at
      ) as v
    where l.leads <> 0
    group by l.coach_id, v.kind, v.value
    having sum(l.leads) <> 0
    on conflict (coach_id, kind, digest) do update
      set leads = k.leads + excluded.leads
    returning
      k.coach_id,
      k.leads
  )
  select
    (select count(*) from message_changes)
    + (select count(*) from sequence_changes)
    + (select count(*) from lead_changes),
    (select count(*) from written),
    array(
      select m.coach_id from message_changes as m
      union
      select s.coach_id from sequence_changes as s
      union
      select l.coach_id from lead_changes as l
    ),
    array(select distinct l.coach_id from lead_changes as l where l.leads <> 0),
    (select array_agg(w.coach_id order by w.coach_id, w.date) from written as w where w.is_empty),
    (select array_agg(w.date order by w.coach_id, w.date) from written as w where w.is_empty),
    (select array_agg(w.coach_id order by w.coach_id, w.date, w.hour) from wins as w),
    (select array_agg(w.date order by w.coach_id, w.date, w.hour) from wins as w),
    (select array_agg(w.hour order by w.coach_id, w.date, w.hour) from wins as w),
    (select array_agg(w.wins order by w.coach_id, w.date, w.hour) from wins as w),
    (select array_agg(distinct k.coach_id) from counts as k where k.leads = 0)
  into
    changes, days, tenants, reshaped, v_emptied_coach_ids, v_emptied_dates,
    v_win_coach_ids, v_win_dates, v_win_hours, v_wins, v_without;

  if v_win_coach_ids is not null then
    perform private.add_wins(v_win_coach_ids, v_win_dates, v_win_hours, v_wins);
  end if;
  if v_emptied_dates is not null then
    delete from public.kpi_daily as d
    using unnest(v_emptied_coach_ids, v_emptied_dates) as e (coach_id, date)
    where d.coach_id = e.coach_id and d.date = e.date and d.win_hours = '{}';
  end if;
  if v_without is not null then
    delete from private.kpi_lead_counts as k
    where k.coach_id = any (v_without) and k.leads = 0;
  end if;
end;
$$;

comment on table private.kpi_lead_changes is
'Leads since the last refresh: 1 for one that is now so, -1 for one that was.';

-- Takes up one message that has been inserted with the number that its lead's counters gave it.
-- False, and nothing done, when it was no append or another writer came first.
create or replace function private.append_message(
  coach_id uuid, lead_id uuid, direction text, number integer, at timestamptz
)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_lead record;
  v_answers boolean;
begin
  -- Waits for other writers of this lead, and then sees what they have made of its counters: a
  -- number that was right for the message before may be taken by now.
  update public.leads as l
  set
    total_messages_sent = l.total_messages_sent + (append_message.direction = 'out')::integer,
    total_messages_received = l.total_messages_received + (append_message.direction = 'in')::integer,
    first_message_at = coalesce(l.first_message_at, append_message.at),
    last_message_at = append_message.at,
    engaged_at = case
      when append_message.direction = 'in' then least(l.engaged_at, append_message.at)
      else l.engaged_at
    end
  where
    l.id = append_message.lead_id
    and l.coach_id = append_message.coach_id
    and (l.last_message_at < append_message.at or l.last_message_at is null)
    and append_message.number = 1 + case append_message.direction
      when 'out' then l.total_messages_sent
      else l.total_messages_received
    end
    -- Taken back by hand, it comes again from the first message in, not from this one.
    and (l.engaged_at is not null or l.total_messages_received = 0)
  returning
    l.total_messages_sent,
    l.call_proposed_at,
    l.call_booked_at
  into v_lead;
  if not found then
    return false;
  end if;

  if append_message.direction = 'out' and append_message.number = 1 then
    insert into public.message_sequences (
      coach_id, lead_id, msg1_sent_at, call_proposed_at, call_booked_at, created_at
    )
    values (
      append_message.coach_id, append_message.lead_id, append_message.at, v_lead.call_proposed_at,
      v_lead.call_booked_at, append_message.at
    );
  elsif append_message.direction = 'out' and append_message.number <= 4 then
    update public.message_sequences as s
    set
      msg2_sent_at = case append_message.number
        when 2 then append_message.at
        else s.msg2_sent_at
      end,
      msg3_sent_at = case append_message.number
        when 3 then append_message.at
        else s.msg3_sent_at
      end,
      msg4_sent_at = case append_message.number
        when 4 then append_message.at
        else s.msg4_sent_at
      end
    where s.lead_id = append_message.lead_id and s.coach_id = append_message.coach_id;
  elsif append_message.direction = 'in' and v_lead.total_messages_sent > 0 then
    -- It answers the last outbound message, unless an inbound one before it did. The triggers of
    -- messages have nothing to do with a reply, and are not even called for this one.
    perform set_config('setterbase.replying', 'on', true);
    update public.messages as m
    set
      is_replied = true,
      replied_at = append_message.at
    where
      m.id = (
        select o.id
        from public.messages as o
        where
          o.lead_id = append_message.lead_id
          and o.coach_id = append_message.coach_id
          and o.direction = 'out'
          and o.message_number = v_lead.total_messages_sent
        order by o.created_at desc
        limit 1
      )
      and not m.is_replied;
    v_answers := found;
    perform set_config('setterbase.replying', '', true);
    if v_answers and v_lead.total_messages_sent <= 4 then
      update public.message_sequences as s
      set
        msg1_replied = s.msg1_replied or v_lead.total_messages_sent = 1,
        msg1_replied_at = case v_lead.total_messages_sent
          when 1 then append_message.at
          else s.msg1_replied_at
        end,
        msg2_replied = s.msg2_replied or v_lead.total_messages_sent = 2,
        msg2_replied_at = case v_lead.total_messages_sent
          when 2 then append_message.at
          else s.msg2_replied_at
        end,
        msg3_replied = s.msg3_replied or v_lead.total_messages_sent = 3,
        msg3_replied_at = case v_lead.total_messages_sent
          when 3 then append_message.at
          else s.msg3_replied_at
        end,
        msg4_replied = s.msg4_replied or v_lead.total_messages_sent = 4,
        msg4_replied_at = case v_lead.total_messages_sent
          when 4 then append_message.at
          else s.msg4_replied_at
        end
      where s.lead_id = append_message.lead_id and s.coach_id = append_message.coach_id;
    end if;
  end if;
  return true;
end;
$$;

create or replace function private.tg_messages__update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_by_hand boolean := pg_trigger_depth() = 1;
  v_leads uuid [];
begin
  -- Only what numbering depends on; this is also what ends the recursion, since the numbering
  -- itself updates messages. Written by hand, not from within, numbers and replies are put right.
  -- What did not change is there twice, with 1 and with -1; no join, whose plan would be kept.
  select array_agg(distinct moved.lead_id) into v_leads
  from (
    select r.lead_id
    from (
      select
        n.*,
        1 as sign
      from new_rows as n
      union all
      select
        o.*,
        -1
      from old_rows as o
    ) as r
    group by
      r.id,
      r.lead_id,
      r.direction,
      r.created_at,
      case when v_by_hand then (r.message_number, r.is_replied, r.replied_at) end
    having sum(r.sign) <> 0
  ) as moved;
  if v_leads is not null then
    perform private.sync_conversations(v_leads);
  end if;
  return null;
end;
$$;

create or replace function private.tg_messages__mark_update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.kpi_message_changes (coach_id, at, sent, received)
  select
    r.coach_id,
    r.created_at,
    sum(r.sent),
    sum(r.received)
  from (
    select
      n.coach_id,
      n.created_at,
      (n.direction = 'out')::integer as sent,
      (n.direction = 'in')::integer as received
    from new_rows as n
    union all
    select
      o.coach_id,
      o.created_at,
      -(o.direction = 'out')::integer,
      -(o.direction = 'in')::integer
    from old_rows as o
  ) as r
  group by r.coach_id, r.created_at
  having sum(r.sent) <> 0 or sum(r.received) <> 0;
  return null;
end;
$$;

create or replace function private.tg_message_sequences__mark_update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- One sequence that went on by a message or a reply, most of the time: compared without grouping.
  insert into private.kpi_sequence_changes (coach_id, at, number, sent, replied)
  select
    n.coach_id,
    m.at,
    m.number,
    m.sent,
    m.replied
  from new_rows as n
  cross join old_rows as o
  cross join
    lateral (
      values
      (
        1, n.msg1_sent_at, (o.msg1_sent_at is null)::integer,
        n.msg1_replied::integer - o.msg1_replied::integer
      ),
      (
        2, n.msg2_sent_at, (o.msg2_sent_at is null)::integer,
        n.msg2_replied::integer - o.msg2_replied::integer
      ),
      (
        3, n.msg3_sent_at, (o.msg3_sent_at is null)::integer,
        n.msg3_replied::integer - o.msg3_replied::integer
      ),
      (
        4, n.msg4_sent_at, (o.msg4_sent_at is null)::integer,
        n.msg4_replied::integer - o.msg4_replied::integer
      )
    ) as m (number, at, sent, replied)
  where
    not exists (select from new_rows offset 1)
    and n.coach_id = o.coach_id
    and (n.msg1_sent_at = o.msg1_sent_at or o.msg1_sent_at is null)
    and (n.msg2_sent_at = o.msg2_sent_at or o.msg2_sent_at is null)
    and (n.msg3_sent_at = o.msg3_sent_at or o.msg3_sent_at is null)
    and (n.msg4_sent_at = o.msg4_sent_at or o.msg4_sent_at is null)
    and m.at is not null
    and (m.sent <> 0 or m.replied <> 0);
  if found then
    return null;
  end if;
  insert into private.kpi_sequence_changes (coach_id, at, number, sent, replied)
  select
    r.coach_id,
    r.at,
    r.number,
    sum(r.sent),
    sum(r.replied)
  from (
    select
      n.coach_id,
      m.at,
      m.number,
      m.sent,
      m.replied
    from new_rows as n
    cross join
      lateral (
        values
        (1, n.msg1_sent_at, 1, n.msg1_replied::integer),
        (2, n.msg2_sent_at, 1, n.msg2_replied::integer),
        (3, n.msg3_sent_at, 1, n.msg3_replied::integer),
        (4, n.msg4_sent_at, 1, n.msg4_replied::integer)
      ) as m (number, at, sent, replied)
    where m.at is not null
    union all
    select
      o.coach_id,
      m.at,
      m.number,
      m.sent,
      m.replied
    from old_rows as o
    cross join
      lateral (
        values
        (1, o.msg1_sent_at, -1, -o.msg1_replied::integer),
        (2, o.msg2_sent_at, -1, -o.msg2_replied::integer),
        (3, o.msg3_sent_at, -1, -o.msg3_replied::integer),
        (4, o.msg4_sent_at, -1, -o.msg4_replied::integer)
      ) as m (number, at, sent, replied)
    where m.at is not null
  ) as r
  group by r.coach_id, r.at, r.number
  having sum(r.sent) <> 0 or sum(r.replied) <> 0;
  return null;
end;
$$;

create or replace function private.tg_leads__mark_update()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Nearly every update is of one lead whose conversation grew, and of nothing else that counts. To
  -- group one row costs as much as to write it: one row is compared with one, and a product of one
  -- and one has no bad plan.
  insert into private.kpi_message_changes (coach_id, at, sent, received, discussion_seconds)
  select
    n.coach_id,
    n.first_message_at,
    0,
    0,
    extract(epoch from n.last_message_at - o.last_message_at)
  from new_rows as n
  cross join old_rows as o
  where
    not exists (select from new_rows offset 1)
    and n.total_messages_sent > 0
    and n.total_messages_received > 0
    and n.last_message_at <> o.last_message_at
    and (
      n.coach_id, n.created_at, n.gender, n.age, n.status, n.deal_value, n.status_changed_at,
      n.qualified_at, n.call_proposed_at, n.call_booked_at, n.call_attended_at, n.call_no_show_at,
      n.won_at, n.lost_at, n.lead_magnet_sent_at, n.time_to_action_minutes, n.source, n.job_title,
      n.loss_reason, n.first_message_at, n.email is null, n.engaged_at is null,
      n.total_messages_sent > 0, n.total_messages_received > 0
    ) is not distinct from (
      o.coach_id, o.created_at, o.gender, o.age, o.status, o.deal_value, o.status_changed_at,
      o.qualified_at, o.call_proposed_at, o.call_booked_at, o.call_attended_at, o.call_no_show_at,
      o.won_at, o.lost_at, o.lead_magnet_sent_at, o.time_to_action_minutes, o.source, o.job_title,
      o.loss_reason, o.first_message_at, o.email is null, o.engaged_at is null,
      o.total_messages_sent > 0, o.total_messages_received > 0
    );
  if found then
    return null;
  end if;

  with changes as (
    select
      r.coach_id,
      sum(r.leads) as leads,
      sum(r.discussion_seconds) as discussion_seconds,
      r.discussed_at,
      r.created_at,
      r.gender,
      r.age,
      r.has_email,
      r.status,
      r.deal_value,
      r.status_changed_at,
      r.qualified_at,
      r.call_proposed_at,
      r.call_booked_at,
      r.call_attended_at,
      r.call_no_show_at,
      r.won_at,
      r.lost_at,
      r.lead_magnet_sent_at,
      r.time_to_action_minutes,
      r.source,
      r.job_title,
      r.loss_reason,
      r.is_contacted,
      r.is_engaged
    from (
      select
        n.coach_id,
        1 as leads,
        case
          when n.total_messages_sent > 0 and n.total_messages_received > 0
            then extract(epoch from n.last_message_at - n.first_message_at)
          else 0
        end as discussion_seconds,
        case
          when n.total_messages_sent > 0 and n.total_messages_received > 0
            then n.first_message_at
        end as discussed_at,
        n.created_at,
        n.gender,
        n.age,
        n.email is not null as has_email,
        n.status,
        n.deal_value,
        n.status_changed_at,
        n.qualified_at,
        n.call_proposed_at,
        n.call_booked_at,
        n.call_attended_at,
        n.call_no_show_at,
        n.won_at,
        n.lost_at,
        n.lead_magnet_sent_at,
        n.time_to_action_minutes,
        n.source,
        n.job_title,
        n.loss_reason,
        n.total_messages_sent > 0 as is_contacted,
        n.engaged_at is not null as is_engaged
      from new_rows as n
      union all
      select
        o.coach_id,
        -1 as leads,
        case
          when o.total_messages_sent > 0 and o.total_messages_received > 0
            then -extract(epoch from o.last_message_at - o.first_message_at)
          else 0
        end as discussion_seconds,
        case
          when o.total_messages_sent > 0 and o.total_messages_received > 0
            then o.first_message_at
        end as discussed_at,
        o.created_at,
        o.gender,
        o.age,
        o.email is not null as has_email,
        o.status,
        o.deal_value,
        o.status_changed_at,
        o.qualified_at,
        o.call_proposed_at,
        o.call_booked_at,
        o.call_attended_at,
        o.call_no_show_at,
        o.won_at,
        o.lost_at,
        o.lead_magnet_sent_at,
        o.time_to_action_minutes,
        o.source,
        o.job_title,
        o.loss_reason,
        o.total_messages_sent > 0 as is_contacted,
        o.engaged_at is not null as is_engaged
      from old_rows as o
    ) as r
    group by
      r.coach_id, r.discussed_at, r.created_at, r.gender, r.age, r.has_email, r.status, r.deal_value,
      r.status_changed_at, r.qualified_at, r.call_proposed_at, r.call_booked_at, r.call_attended_at,
      r.call_no_show_at, r.won_at, r.lost_at, r.lead_magnet_sent_at, r.time_to_action_minutes,
      r.source, r.job_title, r.loss_reason, r.is_contacted, r.is_engaged
    having sum(r.leads) <> 0 or sum(r.discussion_seconds) <> 0
  ),
  grown as (
    insert into private.kpi_message_changes (coach_id, at, sent, received, discussion_seconds)
    select
      c.coach_id,
      c.discussed_at,
      0,
      0,
      sum(c.discussion_seconds)
    from changes as c
    where c.leads = 0
    group by c.coach_id, c.discussed_at
  )
  insert into private.kpi_lead_changes (
    coach_id, leads, discussion_seconds, discussed_at, created_at, gender, age, has_email, status,
    deal_value, status_changed_at, qualified_at, call_proposed_at, call_booked_at,
    call_attended_at, call_no_show_at, won_at, lost_at, lead_magnet_sent_at, time_to_action_minutes,
    source, job_title, loss_reason, is_contacted, is_engaged
  )
  select
    c.coach_id,
    c.leads,
    c.discussion_seconds,
    c.discussed_at,
    c.created_at,
    c.gender,
    c.age,
    c.has_email,
    c.status,
    c.deal_value,
    c.status_changed_at,
    c.qualified_at,
    c.call_proposed_at,
    c.call_booked_at,
    c.call_attended_at,
    c.call_no_show_at,
    c.won_at,
    c.lost_at,
    c.lead_magnet_sent_at,
    c.time_to_action_minutes,
    c.source,
    c.job_title,
    c.loss_reason,
    c.is_contacted,
    c.is_engaged
  from changes as c
  where c.leads <> 0;
  return null;
end;
$$;

revoke execute on all functions in schema private from public;

-- A reply that append_message notes is no news to it, nor to the marks of the KPIs: the setting is
-- on for that one statement, and counts only within a trigger: nobody can write by hand under it.
create or replace trigger _100_update
after update on public.messages
referencing old table as old_rows new table as new_rows
for each statement when (
  pg_trigger_depth() = 0 or current_setting('setterbase.replying', true) is distinct from 'on'
)
execute function private.tg_messages__update();

-- No part of a KPI moves with a reply; the condition is explained in 20_coaching/40_triggers.sql.
create or replace trigger _500_mark_update
after update on public.messages
referencing old table as old_rows new table as new_rows
for each statement when (
  pg_trigger_depth() = 0 or current_setting('setterbase.replying', true) is distinct from 'on'
)
execute function private.tg_messages__mark_update();
