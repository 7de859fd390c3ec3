-- Adding what has changed to what was counted.

-- Takes every mark out of the logs, adds it to the days, totals and lead counts that it belongs to,
-- and says how many there were, on how many days and of which tenants; and of which tenants, beside
-- each, the lead counts of which kind changed. One statement: marks that it does not see are left
-- for the next one, whole writes at a time. A mark of a tenant that is gone adds nothing.
create function private.add_kpi_changes(
  out changes bigint, out days bigint, out tenants uuid[], out reshaped uuid[], out kinds text[]
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
  touched as (
    select m.coach_id from message_changes as m
    union
    select s.coach_id from sequence_changes as s
    union
    select l.coach_id from lead_changes as l
  ),
  -- The zone of the days as they were counted: a new one waits for its recount. The lock lets nobody
  -- delete a tenant whose rows are being written, which a foreign key would find at the very end;
  -- one that is being deleted is waited for, and is not here then.
  zones as materialized (
    select
      c.id as coach_id,
      coalesce(t.timezone, c.timezone) as timezone
    from touched as d
    inner join public.coachs as c on d.coach_id = c.id
    left join private.kpi_totals as t on c.id = t.coach_id
    order by c.id
    for key share of c
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
      sum(l.leads)::integer as leads,
      sum(l.discussion_seconds) as discussion_seconds
    from lead_changes as l
    group by
      l.coach_id, l.discussed_at, l.created_at, l.gender, l.age, l.has_email, l.status,
      l.deal_value, l.status_changed_at, l.qualified_at, l.call_proposed_at, l.call_booked_at,
      l.call_attended_at, l.call_no_show_at, l.won_at, l.lost_at, l.lead_magnet_sent_at,
      l.time_to_action_minutes
    having sum(l.leads) <> 0 or sum(l.discussion_seconds) <> 0
  ),
  -- A lead once for each thing that happened to it.
  moments as materialized (
    select
      l.*,
      moment.kind,
      moment.at at time zone z.timezone as local_at
    from counted as l
    inner join zones as z on l.coach_id = z.coach_id
    cross join
      lateral private.lead_moments(
        l.status, l.discussed_at, l.created_at, l.status_changed_at, l.qualified_at,
        l.call_proposed_at, l.call_booked_at, l.call_attended_at, l.call_no_show_at, l.won_at,
        l.lost_at, l.lead_magnet_sent_at, l.time_to_action_minutes
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
      sum(m.leads::bigint * m.age) filter (where m.kind = 'created') as age_sum,
      sum(m.leads) filter (where m.kind = 'created' and m.age is not null) as ages,
      sum(m.leads) filter (where m.kind = 'created' and m.has_email) as emails,
      sum(m.leads) filter (where m.kind = 'created' and m.status = 'new') as new_leads,
      sum(m.leads) filter (where m.kind = 'created' and m.status = 'engaged') as engaged_leads,
      sum(m.leads) filter (where m.kind = 'relance') as relance_leads,
      sum(m.leads) filter (where m.kind = 'won' and m.status = 'won') as won_leads,
      sum(m.leads) filter (where m.kind = 'won') as wins,
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
      sum(m.leads::bigint * m.time_to_action_minutes) filter (
        where m.kind = 'action'
      ) as action_minutes
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
    where
      0 <> any (array[
        m.messages_sent, m.messages_received, s.msg1_sent, s.msg1_replied, s.msg2_sent,
        s.msg2_replied, s.msg3_sent, s.msg3_replied, s.msg4_sent, s.msg4_replied, l.leads, l.males,
        l.females, l.others, l.ages, l.emails, l.new_leads, l.engaged_leads, l.relance_leads,
        l.won_leads, l.wins, l.lost_leads, l.deals, l.discussions, l.qualified_leads,
        l.calls_proposed, l.calls_booked, l.calls_due, l.no_shows, l.lead_magnets, l.timed_actions
      ])
      or l.age_sum <> 0
      or l.revenue <> 0
      or l.action_minutes <> 0
  ),
  -- Most days that change are those on which conversations began that go on: how long they are is
  -- all that changes there, and one column is added to instead of 34.
  longer as (
    select
      t.coach_id,
      t.date,
      sum(t.discussion_seconds) as discussion_seconds
    from (
      select
        m.coach_id,
        m.date,
        m.discussion_seconds
      from message_days as m
      union all
      select
        l.coach_id,
        l.date,
        l.discussion_seconds
      from lead_days as l
    ) as t
    where
      t.discussion_seconds <> 0
      and not exists (
        select from changed as n where n.coach_id = t.coach_id and n.date = t.date
      )
    group by t.coach_id, t.date
  ),
  lengthened as (
    update public.kpi_daily as d
    set discussion_seconds = d.discussion_seconds + t.discussion_seconds
    from longer as t
    where d.coach_id = t.coach_id and d.date = t.date
    returning 1
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
      z.coach_id,
      z.timezone,
      coalesce(sum(n.messages_sent), 0),
      coalesce(sum(n.messages_received), 0),
      coalesce(sum(n.leads), 0),
      coalesce(sum(n.males), 0),
      coalesce(sum(n.females), 0),
      coalesce(sum(n.others), 0),
      coalesce(sum(n.age_sum), 0),
      coalesce(sum(n.ages), 0),
      coalesce(sum(n.emails), 0),
      coalesce(sum(n.new_leads), 0),
      coalesce(sum(n.engaged_leads), 0),
      coalesce(sum(n.relance_leads), 0),
      coalesce(sum(n.won_leads), 0),
      coalesce(sum(n.lost_leads), 0),
      coalesce(sum(n.revenue), 0),
      coalesce(sum(n.deals), 0),
      coalesce(sum(n.msg1_sent), 0),
      coalesce(sum(n.msg1_replied), 0),
      coalesce(sum(n.msg2_sent), 0),
      coalesce(sum(n.msg2_replied), 0),
      coalesce(sum(n.msg3_sent), 0),
      coalesce(sum(n.msg3_replied), 0),
      coalesce(sum(n.msg4_sent), 0),
      coalesce(sum(n.msg4_replied), 0),
      coalesce(sum(n.discussions), 0),
      coalesce(sum(n.discussion_seconds), 0) + coalesce(l.discussion_seconds, 0),
      coalesce(sum(n.qualified_leads), 0),
      coalesce(sum(n.calls_proposed), 0),
      coalesce(sum(n.calls_booked), 0),
      coalesce(sum(n.calls_due), 0),
      coalesce(sum(n.no_shows), 0),
      coalesce(sum(n.lead_magnets), 0),
      coalesce(sum(n.timed_actions), 0),
      coalesce(sum(n.action_minutes), 0)
    from zones as z
    left join changed as n on z.coach_id = n.coach_id
    left join (
      select
        t.coach_id,
        sum(t.discussion_seconds) as discussion_seconds
      from longer as t
      group by t.coach_id
    ) as l on z.coach_id = l.coach_id
    group by z.coach_id, z.timezone, l.discussion_seconds
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
      k.kind,
      k.leads
  )
  select
    (select count(*) from message_changes)
    + (select count(*) from sequence_changes)
    + (select count(*) from lead_changes),
    (select count(*) from written) + (select count(*) from lengthened),
    array(select d.coach_id from touched as d),
    l.coach_ids,
    l.kinds,
    (select array_agg(w.coach_id order by w.coach_id, w.date) from written as w where w.is_empty),
    (select array_agg(w.date order by w.coach_id, w.date) from written as w where w.is_empty),
    (select array_agg(w.coach_id order by w.coach_id, w.date, w.hour) from wins as w),
    (select array_agg(w.date order by w.coach_id, w.date, w.hour) from wins as w),
    (select array_agg(w.hour order by w.coach_id, w.date, w.hour) from wins as w),
    (select array_agg(w.wins order by w.coach_id, w.date, w.hour) from wins as w),
    (select array_agg(distinct k.coach_id) from counts as k where k.leads = 0)
  into
    changes, days, tenants, reshaped, kinds, v_emptied_coach_ids, v_emptied_dates,
    v_win_coach_ids, v_win_dates, v_win_hours, v_wins, v_without
  from (
    select
      array_agg(k.coach_id) as coach_ids,
      array_agg(k.kind) as kinds
    from (select distinct c.coach_id, c.kind from counts as c) as k
  ) as l;

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

comment on function private.add_kpi_changes() is
'Takes the marks out of the logs and adds them to kpi_daily, kpi_totals and kpi_lead_counts.';
