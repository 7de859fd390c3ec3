-- Makes a refresh write less for each tenant that changed: a day on which nothing but the length of
-- conversations changed gets one column, days that stay as they were are not written, a board is
-- written once, with its KPIs as text, and only lists that changed are counted again.
-- Locks: refreshes from the beginning (they answer "busy"), and private.kpi_boards, which is
-- rewritten, until the end; readers of dashboards wait for it, half a second for 2,000 tenants.
-- Marks that wait for a refresh stay as they are.

select pg_advisory_xact_lock(hashtextextended('setterbase.refresh_kpis', 0));

-- Each kind puts the lead into other parts of its day. `discussed_at` is when a conversation with
-- messages both ways began. It pins no search_path and is a union, for the reasons given in
-- 30_figures.sql and 30_values.sql.
create function private.lead_moments(
  status text,
  discussed_at timestamptz,
  created_at timestamptz,
  status_changed_at timestamptz,
  qualified_at timestamptz,
  call_proposed_at timestamptz,
  call_booked_at timestamptz,
  call_attended_at timestamptz,
  call_no_show_at timestamptz,
  won_at timestamptz,
  lost_at timestamptz,
  lead_magnet_sent_at timestamptz,
  time_to_action_minutes integer
)
returns table (kind text, at timestamptz)
language sql
immutable
begin atomic
  select
    'created' as kind,
    lead_moments.created_at as at
  union all
  select
    'discussion',
    lead_moments.discussed_at
  where lead_moments.discussed_at is not null
  union all
  select
    'relance',
    coalesce(lead_moments.status_changed_at, lead_moments.created_at)
  where lead_moments.status = 'relance'
  union all
  select
    'qualified',
    lead_moments.qualified_at
  where lead_moments.qualified_at is not null
  union all
  select
    'call_proposed',
    lead_moments.call_proposed_at
  where lead_moments.call_proposed_at is not null
  union all
  select
    'call_booked',
    lead_moments.call_booked_at
  where lead_moments.call_booked_at is not null
  union all
  select
    'call_due',
    least(lead_moments.call_attended_at, lead_moments.call_no_show_at)
  where lead_moments.call_attended_at is not null or lead_moments.call_no_show_at is not null
  union all
  select
    'no_show',
    lead_moments.call_no_show_at
  where lead_moments.call_no_show_at is not null
  union all
  select
    'won',
    lead_moments.won_at
  where lead_moments.won_at is not null
  union all
  select
    'lost',
    lead_moments.lost_at
  where lead_moments.status = 'lost' and lead_moments.lost_at is not null
  union all
  select
    'lead_magnet',
    lead_moments.lead_magnet_sent_at
  where lead_moments.lead_magnet_sent_at is not null
  union all
  select
    'action',
    coalesce(lead_moments.call_booked_at, lead_moments.created_at)
  where lead_moments.time_to_action_minutes is not null;
end;

comment on function private.lead_moments(
  text, timestamptz, timestamptz, timestamptz, timestamptz, timestamptz, timestamptz, timestamptz,
  timestamptz, timestamptz, timestamptz, timestamptz, integer
) is
'What happened to a lead, each with its time: the days on which it counts.';

-- The parts of these tenants (null: of all) by local day, computed from the rows themselves: what
-- kpi_daily must hold. A lead appears once for each thing that happened to it, on the day when it
-- did. It pins no search_path, for the reason given in 30_figures.sql.
create or replace function private.count_days(coach_ids uuid[])
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
  -- Nobody deletes a tenant from here on; of one that is being deleted the count sees nothing.
  perform from public.coachs as c
  where recount_kpis.coach_ids is null or c.id = any (recount_kpis.coach_ids)
  order by c.id
  for key share;

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
    -- The days of a tenant lie together: its history is read, and its days are added to, on fewer
    -- pages.
    order by f.coach_id, f.date
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

-- Takes up what has changed since the last refresh; with `full`, counts everything anew. Where
-- nothing changed and no day has ended, nothing is written but that it was so. Two at once do not
-- collide: the second says «busy». It is one transaction: whatever ends it in the middle, the marks
-- are still there.
create or replace function private.refresh_kpis("full" boolean default false)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
-- Compiling hundreds of small expressions takes longer than evaluating them.
set jit = off
as $$
declare
  v_started_at timestamptz := clock_timestamp();
  v_every boolean;
  v_recounted uuid [];
  v_tenants uuid [];
  v_reshaped uuid [] := '{}';
  v_kinds text [] := '{}';
  v_changes bigint;
  v_days bigint := 0;
  v_added record;
  v_turned uuid [];
  v_is_stale boolean;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('setterbase.refresh_kpis', 0)) then
    return jsonb_build_object('status', 'busy');
  end if;

  with marks as (
    delete from private.kpi_tenant_changes as t
    returning t.*
  )
  select
    refresh_kpis."full" or coalesce(bool_or(m.recount and m.coach_id is null), false),
    array_agg(distinct m.coach_id) filter (where m.recount and m.coach_id is not null),
    coalesce(array_agg(distinct m.coach_id) filter (where m.coach_id is not null), '{}'),
    count(*)
  into v_every, v_recounted, v_tenants, v_changes
  from marks as m;

  -- First what must be counted anew, then what can be added: a mark that is written in between is
  -- not in the count, and is added.
  if v_every or v_recounted is not null then
    v_days := private.recount_kpis(case when not v_every then v_recounted end);
  end if;
  if v_changes > 0 then
    insert into private.kpi_totals (coach_id, timezone)
    select
      c.id,
      c.timezone
    from public.coachs as c
    where c.id = any (v_tenants)
    order by c.id
    for key share
    on conflict do nothing;
  end if;
  if exists (select from private.kpi_message_changes)
    or exists (select from private.kpi_sequence_changes)
    or exists (select from private.kpi_lead_changes) then
    v_added := private.add_kpi_changes();
    v_changes := v_changes + v_added.changes;
    v_days := v_days + v_added.days;
    v_tenants := v_tenants || v_added.tenants;
    v_reshaped := coalesce(v_added.reshaped, '{}');
    v_kinds := coalesce(v_added.kinds, '{}');
  end if;

  -- A day that ended moves «today» and «this week» in the rows of its tenants, and nothing else.
  v_turned := array(
    select t.coach_id
    from private.kpi_totals as t
    inner join private.kpi_zones as z on t.timezone = z.timezone
    where z.today <> (now() at time zone z.timezone)::date
  );
  v_is_stale := v_every or v_changes > 0 or exists (
    select from private.kpi_zones as z
    where z.today <> (now() at time zone z.timezone)::date
  );
  v_tenants := array(
    select c.id from public.coachs as c
    where v_every or c.id = any (v_tenants)
  );
  if v_is_stale then
    perform private.project_kpis();
    -- Beside tenants that were counted anew stands no kind: of them every list is.
    perform private.refresh_boards(
      v_tenants,
      case when not v_every then v_reshaped || v_recounted end,
      case when not v_every then v_kinds end
    );
    perform private.relabel_boards(v_turned);
  end if;

  delete from private.kpi_refreshes as r where r.finished_at < now() - interval '30 days';
  insert into private.kpi_refreshes (started_at, finished_at, days, tenants, changes)
  values (v_started_at, clock_timestamp(), v_days, cardinality(v_tenants), v_changes);
  return jsonb_build_object(
    'status', case when v_is_stale then 'refreshed' else 'unchanged' end,
    'changes', v_changes,
    'days', v_days,
    'tenants', cardinality(v_tenants),
    'duration_ms', round(extract(epoch from clock_timestamp() - v_started_at) * 1000, 1)
  );
end;
$$;

comment on function private.refresh_kpis(boolean) is
'Brings kpi_daily and coach_dashboard_kpis up to date; answers {"status": "refreshed" | '
'"unchanged" | "busy", "changes", "days", "tenants", "duration_ms"}.';

-- Functions with other results, or other arguments, cannot be replaced.
drop function private.add_kpi_changes();
drop function private.refresh_boards(uuid[], uuid[]);
drop function private.relabel_boards(uuid[]);
drop function private.kpi_cards(jsonb, text[]);
drop function private.lead_boards(uuid[]);

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

-- Definer after a check, and plpgsql, for the reasons given in 36_followups.sql. One call is one
-- statement of its caller's, so that all its parts are of one snapshot. json, not jsonb: the answer
-- is read once, and each step of making a jsonb copies all that was made before it (ADR 15).
create or replace function private.dashboard(coach_id uuid, as_of timestamptz, live boolean)
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

-- What is there is written anew at the end.
alter table private.kpi_boards
alter column kpis type text using kpis::text;

comment on column private.kpi_boards.kpis is
'Each KPI of coach_dashboard_kpis by its code, as {value, unit, is_estimate, badge}: the text of a '
'JSON object for format(), to which leads_today and leads_week are given when they are asked for.';

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

select private.relabel_boards(null);

revoke execute on all functions in schema private from public;
