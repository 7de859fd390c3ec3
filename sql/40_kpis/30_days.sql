-- From rows to parts by day. Neither function nor view is told of marks: they count what is there.

-- The parts of these tenants (null: of all) by local day, computed from the rows themselves: what
-- kpi_daily must hold. A lead appears once for each thing that happened to it, on the day when it
-- did. It pins no search_path, for the reason given in 30_figures.sql.
create function private.count_days(coach_ids uuid[])
returns table (
  coach_id uuid,
  date date,
  messages_sent bigint,
  messages_received bigint,
  leads bigint,
  males bigint,
  females bigint,
  others bigint,
  age_sum bigint,
  ages bigint,
  emails bigint,
  new_leads bigint,
  engaged_leads bigint,
  relance_leads bigint,
  won_leads bigint,
  lost_leads bigint,
  revenue numeric,
  deals bigint,
  msg1_sent bigint,
  msg1_replied bigint,
  msg2_sent bigint,
  msg2_replied bigint,
  msg3_sent bigint,
  msg3_replied bigint,
  msg4_sent bigint,
  msg4_replied bigint,
  discussions bigint,
  discussion_seconds numeric,
  qualified_leads bigint,
  calls_proposed bigint,
  calls_booked bigint,
  calls_due bigint,
  no_shows bigint,
  lead_magnets bigint,
  timed_actions bigint,
  action_minutes bigint,
  win_hours integer[]
)
language sql
stable
begin atomic
  with lead_days as (
    select
      l.coach_id,
      (moment.at at time zone c.timezone)::date as date,
      count(*) filter (where moment.kind = 'created') as leads,
      count(*) filter (where moment.kind = 'created' and l.gender = 'male') as males,
      count(*) filter (where moment.kind = 'created' and l.gender = 'female') as females,
      count(*) filter (where moment.kind = 'created' and l.gender = 'other') as others,
      sum(l.age) filter (where moment.kind = 'created') as age_sum,
      count(l.age) filter (where moment.kind = 'created') as ages,
      count(l.email) filter (where moment.kind = 'created') as emails,
      count(*) filter (where moment.kind = 'created' and l.status = 'new') as new_leads,
      count(*) filter (where moment.kind = 'created' and l.status = 'engaged') as engaged_leads,
      count(*) filter (where moment.kind = 'relance') as relance_leads,
      count(*) filter (where moment.kind = 'won' and l.status = 'won') as won_leads,
      count(*) filter (where moment.kind = 'lost') as lost_leads,
      sum(l.deal_value) filter (where moment.kind = 'won' and l.status = 'won') as revenue,
      count(l.deal_value) filter (where moment.kind = 'won' and l.status = 'won') as deals,
      count(*) filter (where moment.kind = 'discussion') as discussions,
      sum(extract(epoch from l.last_message_at - l.first_message_at))
      filter (where moment.kind = 'discussion') as discussion_seconds,
      count(*) filter (where moment.kind = 'qualified') as qualified_leads,
      count(*) filter (where moment.kind = 'call_proposed') as calls_proposed,
      count(*) filter (where moment.kind = 'call_booked') as calls_booked,
      count(*) filter (where moment.kind = 'call_due') as calls_due,
      count(*) filter (where moment.kind = 'no_show') as no_shows,
      count(*) filter (where moment.kind = 'lead_magnet') as lead_magnets,
      count(*) filter (where moment.kind = 'action') as timed_actions,
      sum(l.time_to_action_minutes) filter (where moment.kind = 'action') as action_minutes
    from public.leads as l
    inner join public.coachs as c on l.coach_id = c.id
    cross join
      lateral private.lead_moments(
        l.status,
        case
          when l.total_messages_sent > 0 and l.total_messages_received > 0 then l.first_message_at
        end,
        l.created_at, l.status_changed_at, l.qualified_at, l.call_proposed_at, l.call_booked_at,
        l.call_attended_at, l.call_no_show_at, l.won_at, l.lost_at, l.lead_magnet_sent_at,
        l.time_to_action_minutes
      ) as moment
    where count_days.coach_ids is null or l.coach_id = any(count_days.coach_ids)
    group by l.coach_id, (moment.at at time zone c.timezone)::date
  ),
  win_days as (
    select
      l.coach_id,
      (l.won_at at time zone c.timezone)::date as date,
      array_agg(
        extract(hour from l.won_at at time zone c.timezone)::integer
        order by l.won_at at time zone c.timezone
      ) as win_hours
    from public.leads as l
    inner join public.coachs as c on l.coach_id = c.id
    where
      l.won_at is not null
      and (count_days.coach_ids is null or l.coach_id = any(count_days.coach_ids))
    group by l.coach_id, (l.won_at at time zone c.timezone)::date
  ),
  message_days as (
    select
      m.coach_id,
      (m.created_at at time zone c.timezone)::date as date,
      count(*) filter (where m.direction = 'out') as messages_sent,
      count(*) filter (where m.direction = 'in') as messages_received
    from public.messages as m
    inner join public.coachs as c on m.coach_id = c.id
    where count_days.coach_ids is null or m.coach_id = any(count_days.coach_ids)
    group by m.coach_id, (m.created_at at time zone c.timezone)::date
  ),
  sequence_days as (
    select
      s.coach_id,
      (sent.at at time zone c.timezone)::date as date,
      count(*) filter (where sent.number = 1) as msg1_sent,
      count(*) filter (where sent.number = 1 and sent.replied) as msg1_replied,
      count(*) filter (where sent.number = 2) as msg2_sent,
      count(*) filter (where sent.number = 2 and sent.replied) as msg2_replied,
      count(*) filter (where sent.number = 3) as msg3_sent,
      count(*) filter (where sent.number = 3 and sent.replied) as msg3_replied,
      count(*) filter (where sent.number = 4) as msg4_sent,
      count(*) filter (where sent.number = 4 and sent.replied) as msg4_replied
    from public.message_sequences as s
    inner join public.coachs as c on s.coach_id = c.id
    cross join
      lateral (
        values
        (1, s.msg1_sent_at, s.msg1_replied),
        (2, s.msg2_sent_at, s.msg2_replied),
        (3, s.msg3_sent_at, s.msg3_replied),
        (4, s.msg4_sent_at, s.msg4_replied)
      ) as sent (number, at, replied)
    where
      sent.at is not null
      and (count_days.coach_ids is null or s.coach_id = any(count_days.coach_ids))
    group by s.coach_id, (sent.at at time zone c.timezone)::date
  )
  select
    coach_id,
    date,
    coalesce(messages_sent, 0)::bigint,
    coalesce(messages_received, 0)::bigint,
    coalesce(leads, 0)::bigint,
    coalesce(males, 0)::bigint,
    coalesce(females, 0)::bigint,
    coalesce(others, 0)::bigint,
    coalesce(age_sum, 0)::bigint,
    coalesce(ages, 0)::bigint,
    coalesce(emails, 0)::bigint,
    coalesce(new_leads, 0)::bigint,
    coalesce(engaged_leads, 0)::bigint,
    coalesce(relance_leads, 0)::bigint,
    coalesce(won_leads, 0)::bigint,
    coalesce(lost_leads, 0)::bigint,
    coalesce(revenue, 0),
    coalesce(deals, 0)::bigint,
    coalesce(msg1_sent, 0)::bigint,
    coalesce(msg1_replied, 0)::bigint,
    coalesce(msg2_sent, 0)::bigint,
    coalesce(msg2_replied, 0)::bigint,
    coalesce(msg3_sent, 0)::bigint,
    coalesce(msg3_replied, 0)::bigint,
    coalesce(msg4_sent, 0)::bigint,
    coalesce(msg4_replied, 0)::bigint,
    coalesce(discussions, 0)::bigint,
    coalesce(discussion_seconds, 0),
    coalesce(qualified_leads, 0)::bigint,
    coalesce(calls_proposed, 0)::bigint,
    coalesce(calls_booked, 0)::bigint,
    coalesce(calls_due, 0)::bigint,
    coalesce(no_shows, 0)::bigint,
    coalesce(lead_magnets, 0)::bigint,
    coalesce(timed_actions, 0)::bigint,
    coalesce(action_minutes, 0)::bigint,
    coalesce(win_hours, '{}')
  from lead_days
  full join win_days using (coach_id, date)
  full join message_days using (coach_id, date)
  full join sequence_days using (coach_id, date);
end;

comment on function private.count_days(uuid[]) is
'What kpi_daily must hold, computed from leads, messages and sequences.';

create view private.kpi_days as
select d.* from private.count_days(null) as d;

comment on view private.kpi_days is 'What kpi_daily must hold, of all tenants.';

-- The local weekday and hour with most won_at of these tenants (null: of all), from their days.
create function private.find_best_hours(coach_ids uuid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
begin
  with wins as (
    select
      d.coach_id,
      extract(isodow from d.date)::integer as weekday,
      h.hour,
      count(*) as wins
    from public.kpi_daily as d
    cross join lateral unnest(d.win_hours) as h (hour)
    where
      d.win_hours <> '{}'
      and (find_best_hours.coach_ids is null or d.coach_id = any (find_best_hours.coach_ids))
    group by d.coach_id, extract(isodow from d.date), h.hour
  ),
  best as (
    select distinct on (w.coach_id)
      w.coach_id,
      w.weekday,
      w.hour
    from wins as w
    order by w.coach_id asc, w.wins desc, w.weekday asc, w.hour asc
  )
  update private.kpi_totals as t
  set
    best_weekday = b.weekday,
    best_hour = b.hour
  from private.kpi_totals as known
  left join best as b on known.coach_id = b.coach_id
  where
    t.coach_id = known.coach_id
    and (find_best_hours.coach_ids is null or known.coach_id = any (find_best_hours.coach_ids))
    and (t.best_weekday, t.best_hour) is distinct from (b.weekday, b.hour);
end;
$$;

comment on function private.find_best_hours(uuid[]) is
'Keeps best_weekday and best_hour of kpi_totals.';

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
