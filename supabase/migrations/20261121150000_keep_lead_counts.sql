-- Keeps how many leads of a tenant count where: tops, loss reasons, funnel and rates are read from
-- what is kept and marked, not from the leads (ADR 16). The claims of a request are read once.
-- Locks: public.coachs against writers, and refreshes (they answer "busy"), until the end; leads
-- are counted once meanwhile, and their readers and writers go on. At the end two indexes of
-- public.leads are dropped, for which everybody waits a moment. No row is rewritten.

-- How many leads of a tenant came from where, do what, were lost why and ever reached which stage.
-- Counted once and then added to, as kpi_totals is (ADR 16).
create table private.kpi_lead_counts (
  coach_id uuid not null,
  kind text not null,
  -- What somebody does may be longer than an entry of an index may be.
  digest bytea not null,
  value text not null,
  leads bigint not null,
  constraint kpi_lead_counts_pkey primary key (coach_id, kind, digest),
  constraint kpi_lead_counts_coach_id_fkey foreign key (coach_id)
  references public.coachs (id) on delete cascade
)
-- Room in each page for the counts that a refresh changes.
with (fillfactor = 80);
alter table private.kpi_lead_counts enable row level security;

comment on table private.kpi_lead_counts is
'Leads of each tenant by source, profession, loss reason and stage, without the marks that no '
'refresh has taken up yet; a value that no lead has is not here.';
comment on column private.kpi_lead_counts.kind is
'source, job_title, loss_reason or stage, as private.lead_values says.';
comment on column private.kpi_lead_counts.digest is 'SHA-256 of the value in UTF-8.';

revoke all on private.kpi_lead_counts from public, anon, authenticated, service_role;

-- It pins no search_path, for the reason given in 30_figures.sql: called once a lead, it must be
-- made part of its query. And it is a union where a list of values would say the same,
-- because PostgreSQL prepares each line of such a list again for each lead, three times slower.
create function private.lead_values(
  status text,
  source text,
  job_title text,
  loss_reason text,
  is_contacted boolean,
  is_engaged boolean,
  qualified_at timestamptz,
  call_proposed_at timestamptz,
  call_booked_at timestamptz
)
returns table (kind text, value text)
language sql
immutable
begin atomic
  select
    'source' as kind,
    coalesce(lead_values.source, 'unknown') as value
  union all
  select
    'job_title',
    btrim(lead_values.job_title)
  where btrim(lead_values.job_title) <> ''
  union all
  select
    'loss_reason',
    lead_values.loss_reason
  where lead_values.status = 'lost' and lead_values.loss_reason is not null
  union all
  select
    'stage',
    'lead'
  union all
  select
    'stage',
    'contacted'
  where lead_values.is_contacted
  union all
  select
    'stage',
    'engaged'
  where lead_values.is_engaged
  union all
  select
    'stage',
    'qualified'
  where lead_values.qualified_at is not null
  union all
  select
    'stage',
    'call_proposed'
  where lead_values.call_proposed_at is not null
  union all
  select
    'stage',
    'call_booked'
  where lead_values.call_booked_at is not null
  union all
  select
    'stage',
    'won'
  where lead_values.status = 'won';
end;

comment on function private.lead_values(
  text, text, text, text, boolean, boolean, timestamptz, timestamptz, timestamptz
) is
'The rows of kpi_lead_counts in which a lead counts: its source, profession, loss reason, stages.';

revoke execute on function private.lead_values(
  text, text, text, text, boolean, boolean, timestamptz, timestamptz, timestamptz
) from public;

-- Counts the days, totals and lead counts of these tenants (null: of all) from leads, messages and
-- sequences, and forgets their marks, which the count holds. One statement for all: it sees a write
-- with its marks, or neither. Only rows that differ are written; says how many days.
create or replace function private.recount_kpis(coach_ids uuid[])
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
-- Planned for the tenants at hand: all of them, or a few by index.
set plan_cache_mode = force_custom_plan
as $$
declare
  v_days bigint;
begin
  with
  message_changes as (
    delete from private.kpi_message_changes as m
    where recount_kpis.coach_ids is null or m.coach_id = any (recount_kpis.coach_ids)
  ),
  sequence_changes as (
    delete from private.kpi_sequence_changes as s
    where recount_kpis.coach_ids is null or s.coach_id = any (recount_kpis.coach_ids)
  ),
  lead_changes as (
    delete from private.kpi_lead_changes as l
    where recount_kpis.coach_ids is null or l.coach_id = any (recount_kpis.coach_ids)
  ),
  zoned as (
    insert into private.kpi_totals as t (coach_id, timezone)
    select
      c.id,
      c.timezone
    from public.coachs as c
    where recount_kpis.coach_ids is null or c.id = any (recount_kpis.coach_ids)
    on conflict (coach_id) do update set timezone = excluded.timezone
  ),
  fresh as materialized (
    select f.* from private.count_days(recount_kpis.coach_ids) as f
  ),
  counted as materialized (
    select
      l.coach_id,
      v.kind,
      sha256(convert_to(v.value, 'UTF8')) as digest,
      v.value,
      count(*) as leads
    from public.leads as l
    cross join
      lateral private.lead_values(
        l.status, l.source, l.job_title, l.loss_reason, l.total_messages_sent > 0,
        l.engaged_at is not null, l.qualified_at, l.call_proposed_at, l.call_booked_at
      ) as v
    where recount_kpis.coach_ids is null or l.coach_id = any (recount_kpis.coach_ids)
    group by l.coach_id, v.kind, v.value
  ),
  without as (
    delete from private.kpi_lead_counts as k
    where
      (recount_kpis.coach_ids is null or k.coach_id = any (recount_kpis.coach_ids))
      and not exists (
        select
        from counted as c
        where c.coach_id = k.coach_id and c.kind = k.kind and c.digest = k.digest
      )
  ),
  counts as (
    insert into private.kpi_lead_counts as k (coach_id, kind, digest, value, leads)
    select
      c.coach_id,
      c.kind,
      c.digest,
      c.value,
      c.leads
    from counted as c
    left join private.kpi_lead_counts as old
      on c.coach_id = old.coach_id and c.kind = old.kind and c.digest = old.digest
    where c.leads is distinct from old.leads
    on conflict (coach_id, kind, digest) do update set leads = excluded.leads
  ),
  gone as (
    delete from public.kpi_daily as d
    where
      (recount_kpis.coach_ids is null or d.coach_id = any (recount_kpis.coach_ids))
      and not exists (
        select from fresh as f where f.coach_id = d.coach_id and f.date = d.date
      )
    returning 1
  ),
  written as (
    insert into public.kpi_daily as d
    select f.*
    from fresh as f
    left join public.kpi_daily as old on f.coach_id = old.coach_id and f.date = old.date
    where old.coach_id is null or row(old.*) is distinct from row(f.*)
    on conflict (coach_id, date) do update
      set
        messages_sent = excluded.messages_sent,
        messages_received = excluded.messages_received,
        leads = excluded.leads,
        males = excluded.males,
        females = excluded.females,
        others = excluded.others,
        age_sum = excluded.age_sum,
        ages = excluded.ages,
        emails = excluded.emails,
        new_leads = excluded.new_leads,
        engaged_leads = excluded.engaged_leads,
        relance_leads = excluded.relance_leads,
        won_leads = excluded.won_leads,
        lost_leads = excluded.lost_leads,
        revenue = excluded.revenue,
        deals = excluded.deals,
        msg1_sent = excluded.msg1_sent,
        msg1_replied = excluded.msg1_replied,
        msg2_sent = excluded.msg2_sent,
        msg2_replied = excluded.msg2_replied,
        msg3_sent = excluded.msg3_sent,
        msg3_replied = excluded.msg3_replied,
        msg4_sent = excluded.msg4_sent,
        msg4_replied = excluded.msg4_replied,
        discussions = excluded.discussions,
        discussion_seconds = excluded.discussion_seconds,
        qualified_leads = excluded.qualified_leads,
        calls_proposed = excluded.calls_proposed,
        calls_booked = excluded.calls_booked,
        calls_due = excluded.calls_due,
        no_shows = excluded.no_shows,
        lead_magnets = excluded.lead_magnets,
        timed_actions = excluded.timed_actions,
        action_minutes = excluded.action_minutes,
        win_hours = excluded.win_hours
    returning 1
  )
  select (select count(*) from gone) + (select count(*) from written) into v_days;

  -- What follows is planned by what is known of kpi_daily; autovacuum cannot have seen yet what a
  -- first or a large count wrote.
  if v_days > 1000 then
    analyze public.kpi_daily;
  end if;

  update private.kpi_totals as t
  set (
    messages_sent, messages_received, leads, males, females, others, age_sum, ages, emails,
    new_leads, engaged_leads, relance_leads, won_leads, lost_leads, revenue, deals, msg1_sent,
    msg1_replied, msg2_sent, msg2_replied, msg3_sent, msg3_replied, msg4_sent, msg4_replied,
    discussions, discussion_seconds, qualified_leads, calls_proposed, calls_booked, calls_due,
    no_shows, lead_magnets, timed_actions, action_minutes
  ) = (
    select
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
      coalesce(sum(d.action_minutes), 0)
    from public.kpi_daily as d
    where d.coach_id = t.coach_id
  )
  where recount_kpis.coach_ids is null or t.coach_id = any (recount_kpis.coach_ids);

  perform private.find_best_hours(recount_kpis.coach_ids);
  return v_days;
end;
$$;

comment on function private.recount_kpis(uuid[]) is
'Counts kpi_daily, kpi_totals and kpi_lead_counts of these tenants, or of all, from the rows.';

-- Takes every mark out of the logs, adds it to the days, totals and lead counts that it belongs to,
-- and says how many there were, on how many days and of which tenants. One statement: marks that it
-- does not see are left for the next one, whole writes at a time. A mark of a tenant that is gone
-- adds nothing.
create or replace function private.add_kpi_changes(
  out changes bigint, out days bigint, out tenants uuid[], out reshaped uuid[]
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_emptied_coach_ids uuid [];
  v_emptied_dates date [];
  v_winners uuid [];
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
  -- The hours of the wins of a day, with those that came and without those that went.
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
  win_days as (
    select
      h.coach_id,
      h.date,
      coalesce(
        array_agg(h.hour order by h.hour) filter (where n.number is not null), '{}'
      ) as win_hours
    from (
      select
        w.coach_id,
        w.date,
        w.hour,
        sum(w.wins)::integer as wins
      from (
        select wins.* from wins
        union all
        select
          d.coach_id,
          d.date,
          x.hour,
          1
        from public.kpi_daily as d
        cross join lateral unnest(d.win_hours) as x (hour)
        where (d.coach_id, d.date) in (select wins.coach_id, wins.date from wins)
      ) as w
      group by w.coach_id, w.date, w.hour
    ) as h
    left join lateral generate_series(1, h.wins) as n (number) on true
    group by h.coach_id, h.date
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
      coalesce(l.action_minutes, 0) as action_minutes,
      w.win_hours
    from message_days as m
    full join sequence_days as s using (coach_id, date)
    full join lead_days as l using (coach_id, date)
    full join win_days as w using (coach_id, date)
  ),
  written as (
    insert into public.kpi_daily as d
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
      n.action_minutes,
      coalesce(n.win_hours, old.win_hours, '{}')
    from changed as n
    left join public.kpi_daily as old on n.coach_id = old.coach_id and n.date = old.date
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
        action_minutes = d.action_minutes + excluded.action_minutes,
        win_hours = excluded.win_hours
    returning
      d.coach_id,
      d.date,
      -- Every other part is some of one of these.
      greatest(
        d.messages_sent, d.messages_received, d.leads, d.relance_leads, d.won_leads, d.lost_leads,
        d.msg1_sent, d.msg2_sent, d.msg3_sent, d.msg4_sent, d.discussions, d.qualified_leads,
        d.calls_proposed, d.calls_booked, d.calls_due, d.no_shows, d.lead_magnets,
        d.timed_actions, cardinality(d.win_hours)
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
    (select array_agg(distinct w.coach_id) from wins as w),
    (select array_agg(distinct k.coach_id) from counts as k where k.leads = 0)
  into
    changes, days, tenants, reshaped, v_emptied_coach_ids, v_emptied_dates, v_winners, v_without;

  if v_emptied_dates is not null then
    delete from public.kpi_daily as d
    using unnest(v_emptied_coach_ids, v_emptied_dates) as e (coach_id, date)
    where d.coach_id = e.coach_id and d.date = e.date;
  end if;
  if v_without is not null then
    delete from private.kpi_lead_counts as k
    where k.coach_id = any (v_without) and k.leads = 0;
  end if;
  if v_winners is not null then
    perform private.find_best_hours(v_winners);
  end if;
end;
$$;

comment on function private.add_kpi_changes() is
'Takes the marks out of the logs and adds them to kpi_daily, kpi_totals and kpi_lead_counts.';

-- What there is, without what is marked: the marks are added by the next refresh. No tenant goes
-- while its leads are counted, and nobody takes a mark up between the count and the refresh that
-- knows of it. Rows and their marks are seen by one statement, so nothing else need wait. It is one
-- block, so that this holds too where each statement is a transaction of its own, as with the
-- official CLI; a refresh in between has then added to counts that were not made yet.
do $$
begin
  lock table public.coachs in share mode;
  perform pg_advisory_xact_lock(hashtextextended('setterbase.refresh_kpis', 0));
  delete from private.kpi_lead_counts;
  insert into private.kpi_lead_counts (coach_id, kind, digest, value, leads)
  select
    n.coach_id,
    n.kind,
    sha256(convert_to(n.value, 'UTF8')),
    n.value,
    sum(n.leads)
  from (
    select
      l.coach_id,
      v.kind,
      v.value,
      1 as leads
    from public.leads as l
    cross join
      lateral private.lead_values(
        l.status, l.source, l.job_title, l.loss_reason, l.total_messages_sent > 0,
        l.engaged_at is not null, l.qualified_at, l.call_proposed_at, l.call_booked_at
      ) as v
    union all
    select
      m.coach_id,
      v.kind,
      v.value,
      -m.leads
    from private.kpi_lead_changes as m
    inner join public.coachs as c on m.coach_id = c.id
    cross join
      lateral private.lead_values(
        m.status, m.source, m.job_title, m.loss_reason, m.is_contacted, m.is_engaged,
        m.qualified_at, m.call_proposed_at, m.call_booked_at
      ) as v
    where m.leads <> 0
  ) as n
  group by n.coach_id, n.kind, n.value
  having sum(n.leads) <> 0;
end;
$$;

-- Readers count on it from now on; autovacuum has not seen it yet.
analyze private.kpi_lead_counts;

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

-- The lists of a dashboard for several tenants at once, as the functions that a client calls give
-- them; a tenant without leads has empty ones. Not executable by anybody but its callers.
create or replace function private.lead_boards(coach_ids uuid[])
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

create or replace function public.get_response_rates(coach_id uuid default null)
returns table (msg1_rate numeric, msg2_rate numeric, msg3_rate numeric, msg4_rate numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select r.*
  from
    private.response_rates(
      coalesce(get_response_rates.coach_id, (select public.current_coach_id()))
    ) as r;
end;

create or replace function public.get_top_sources(
  coach_id uuid default null, "limit" integer default 3
)
returns table (source_name text, lead_count bigint, percentage numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    t.value,
    t.lead_count,
    t.percentage
  from
    private.tops(
      coalesce(get_top_sources.coach_id, (select public.current_coach_id())), 'source'
    ) as t
  order by t.position
  limit greatest(get_top_sources."limit", 0);
end;

create or replace function public.get_top_professions(
  coach_id uuid default null, "limit" integer default 5
)
returns table (profession text, lead_count bigint, percentage numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    t.value,
    t.lead_count,
    t.percentage
  from
    private.tops(
      coalesce(get_top_professions.coach_id, (select public.current_coach_id())), 'job_title'
    ) as t
  order by t.position
  limit greatest(get_top_professions."limit", 0);
end;

create or replace function public.get_loss_reasons(coach_id uuid default null)
returns table (loss_reason text, lead_count bigint, percentage numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select
    t.value,
    t.lead_count,
    t.percentage
  from
    private.tops(
      coalesce(get_loss_reasons.coach_id, (select public.current_coach_id())), 'loss_reason'
    ) as t
  order by t.position;
end;

create or replace function public.get_funnel(coach_id uuid default null)
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
  select f.*
  from
    private.funnel(coalesce(get_funnel.coach_id, (select public.current_coach_id()))) as f
  order by f.position;
end;

-- Not before get_funnel, whose callers have no right on what this one calls.
create or replace function private.lead_stages(coach_ids uuid[])
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

drop function private.lead_sources(uuid[]);
drop function private.lead_professions(uuid[]);
drop function private.lead_loss_reasons(uuid[]);

grant execute on function private.tops(uuid, text) to authenticated, service_role;
grant execute on function private.funnel(uuid) to authenticated, service_role;
grant execute on function private.response_rates(uuid) to authenticated, service_role;
revoke execute on function private.lead_stages(uuid[]) from authenticated, service_role;
revoke execute on function private.kept_tenants(uuid[], regclass) from public;
revoke execute on function private.lead_counts(uuid[], text) from public;
revoke execute on function private.lead_tops(uuid[], text) from public;
revoke execute on function private.tops(uuid, text) from public;
revoke execute on function private.funnel(uuid) from public;
revoke execute on function private.response_rates(uuid) from public;

-- Two rules, each told once. They pin no search_path, so that they become part of the expression
-- that calls them, whose path is pinned; they were bound when they were made and look up nothing.
-- What every request asks reads the claims once and calls no further function (measured: a sixth of
-- the time of asking).

-- A `sub` that is no uuid belongs to nobody, and a policy must say «no rows» to nobody, where
-- `auth.uid()` raises an error.
create function private.user_in(claims jsonb)
returns uuid
language sql
immutable
return case
  when user_in.claims ->> 'sub' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    then (user_in.claims ->> 'sub')::uuid
end;

comment on function private.user_in(jsonb) is
'The user of these claims; null for a token without a well-formed sub.';

-- From app_metadata, which only the service key writes; user_metadata is the user's own to edit.
create function private.admin_in(claims jsonb)
returns boolean
language sql
immutable
return coalesce(admin_in.claims -> 'app_metadata' ->> 'role' = 'admin', false)
and private.user_in(admin_in.claims) is not null;

comment on function private.admin_in(jsonb) is
'Whether these claims are those of a user with app_metadata.role = admin.';

revoke execute on function private.user_in(jsonb) from public;
revoke execute on function private.admin_in(jsonb) from public;

-- Definer: it reads nothing, and calls by name.
create or replace function private.my_user_id()
returns uuid
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return private.user_in(auth.jwt());
end;
$$;

-- Definer for the same reason.
create or replace function private.is_platform_admin()
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return private.admin_in(auth.jwt());
end;
$$;

-- Definer: it reads memberships for policies that guard memberships themselves, and a member must
-- not need to see a row to be allowed by it. One array, so that `coach_id = any ((select …))` is
-- evaluated once a statement and still walks the index on coach_id. For a platform admin it holds
-- every tenant: a second branch `or is_admin()` in the policies would cost everyone that index.
create or replace function private.my_coach_ids()
returns uuid[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_claims jsonb := auth.jwt();
  v_user_id uuid := private.user_in(v_claims);
begin
  if private.admin_in(v_claims) then
    return array(select c.id from public.coachs as c);
  end if;
  return array(
    select m.coach_id
    from public.memberships as m
    inner join public.coachs as c on m.coach_id = c.id
    where m.user_id = v_user_id and m.active and c.status = 'active'
  );
end;
$$;

-- Definer for the same reason. One's own tenant first (its id is the user's id), else the oldest
-- membership.
create or replace function private.my_coach_id()
returns uuid
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_claims jsonb := auth.jwt();
  v_user_id uuid := private.user_in(v_claims);
  v_is_admin boolean := private.admin_in(v_claims);
begin
  return (
    select m.coach_id
    from public.memberships as m
    inner join public.coachs as c on m.coach_id = c.id
    where
      m.user_id = v_user_id
      and ((m.active and c.status = 'active') or v_is_admin)
    order by m.coach_id = m.user_id desc, m.created_at asc, m.coach_id asc
    limit 1
  );
end;
$$;

-- For definer functions, which read a tenant after asking this once. Within them current_user is
-- their owner, and the setting `role` still says who asks.
create or replace function private.reads_tenant(coach_id uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_claims jsonb := auth.jwt();
  v_user_id uuid := private.user_in(v_claims);
begin
  -- A member's question ends here, without a look at the roles.
  if exists (
    select
    from public.memberships as m
    inner join public.coachs as c on m.coach_id = c.id
    where
      m.coach_id = reads_tenant.coach_id
      and m.user_id = v_user_id
      and m.active
      and c.status = 'active'
  ) then
    return true;
  end if;
  return private.admin_in(v_claims) or exists (
    select
    from pg_catalog.pg_roles as r
    where
      r.rolname = coalesce(nullif(current_setting('role'), 'none'), session_user)
      and (r.rolbypassrls or r.rolsuper)
  );
end;
$$;

drop index public.leads_coach_id_source_idx;
drop index public.leads_coach_id_job_title_idx;
