-- Counting anew: what a new time zone, a truncated table or a doubt calls for.

-- Counts the days, totals and lead counts of these tenants (null: of all) from leads, messages and
-- sequences, and forgets their marks, which the count holds. One statement for all: it sees a write
-- with its marks, or neither. Only rows that differ are written; says how many days.
create function private.recount_kpis(coach_ids uuid[])
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
