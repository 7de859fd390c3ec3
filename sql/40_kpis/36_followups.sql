-- Whom to write to, and how many they are, of one tenant of any size.
--
-- The functions of this file and of 54_dashboard.sql ask once whether the caller may read the
-- tenant, then read as their owner. Under RLS, PostgreSQL may not walk the index by a condition
-- such as «up to the day on which the list is full»: it holds that back until the policy has been
-- applied to every row, which for a tenant of 100,000 leads takes 600 ms instead of 1.
--
-- plpgsql, and planned once: before PostgreSQL 18 a SQL function is planned anew at each call,
-- which takes longer than the walk. A plan for the limit or tenant at hand would be no better.

-- Raises for a moment that no calendar of a business knows; null is one too.
create function private.check_moment(as_of timestamptz)
returns boolean
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if check_moment.as_of between '1900-01-01 00:00+00' and '9000-01-01 00:00+00' then
    return true;
  end if;
  raise exception 'as_of must be a moment between the years 1900 and 9000' using errcode = '22023';
end;
$$;

comment on function private.check_moment(timestamptz) is
'True, or an error 22023: infinity and null have no day.';

-- Not executable by anybody but its callers here: it asks nothing about who calls. The index holds
-- the day of the last contact and not the moment, so each priority is walked twice: by the index
-- alone to the day on which the list is full, then the leads up to that day. Priorities are walked
-- in turn, and the last ones seldom.
create function private.list_followups(coach_id uuid, as_of timestamptz, "limit" bigint)
returns table (
  lead_id uuid,
  user_id_instagram text,
  first_name text,
  status text,
  days_since_contact integer,
  priority text,
  last_name text,
  contact_id text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_left bigint := list_followups."limit";
  v_shown bigint;
  -- The last contact of who is to be followed up, and of a relance that is urgent, at the latest.
  v_due timestamptz;
  v_urgent timestamptz;
  v_due_on date;
  v_urgent_on date;
begin
  select
    list_followups.as_of - make_interval(hours => 24 * s.followup_after_days),
    list_followups.as_of
    - make_interval(hours => 24 * greatest(s.followup_after_days, s.relance_high_after_days))
  into v_due, v_urgent
  from public.coach_settings as s
  where s.coach_id = list_followups.coach_id;
  v_due_on := (v_due at time zone 'UTC')::date;
  v_urgent_on := (v_urgent at time zone 'UTC')::date;
  for v_rank in 1..3 loop
    exit when v_left = 0;
    return query
    with parts as (
      select r.*
      from (
        values
        (1, 'qualified', '-infinity'::date, v_due_on),
        (1, 'call_proposed', '-infinity', v_due_on),
        (1, 'relance', '-infinity', v_urgent_on),
        (2, 'engaged', '-infinity', v_due_on),
        (2, 'relance', v_urgent_on, v_due_on),
        (3, 'new', '-infinity', v_due_on)
      ) as r (rank, status, first, last)
      where r.rank = v_rank
    ),
    -- Of the first and the last day of a part some leads are not to be followed up, or are urgent;
    -- of the days in between all count.
    full_on as (
      select d.silent_on
      from parts as p
      cross join
        lateral (
          select e.silent_on
          from public.leads as e
          where
            e.coach_id = list_followups.coach_id
            and e.status = p.status
            and e.status in ('new', 'engaged', 'qualified', 'call_proposed', 'relance')
            and e.silent_on > p.first
            and e.silent_on < p.last
          order by e.silent_on asc
          limit v_left
        ) as d
      order by d.silent_on asc
      offset greatest(v_left - 1, 0)
      limit 1
    )
    select
      l.id,
      l.user_id_instagram,
      l.first_name,
      l.status,
      floor(extract(epoch from list_followups.as_of - l.contact_at) / 86400)::integer,
      (array['high', 'medium', 'low'])[v_rank],
      l.last_name,
      l.contact_id
    from parts as p
    cross join lateral (
      select
        f.*,
        coalesce(f.last_message_at, f.created_at) as contact_at
      from public.leads as f
      where
        f.coach_id = list_followups.coach_id
        and f.status = p.status
        and f.status in ('new', 'engaged', 'qualified', 'call_proposed', 'relance')
        and f.silent_on >= p.first
        and f.silent_on <= least(
          p.last, case when v_left is not null then (select u.silent_on from full_on as u) end
        )
    ) as l
    where
      l.contact_at <= v_due
      and (l.status <> 'relance' or (l.contact_at <= v_urgent) = (v_rank = 1))
    order by l.contact_at asc, l.id asc
    limit v_left;
    get diagnostics v_shown = row_count;
    v_left := v_left - v_shown;
  end loop;
end;
$$;

comment on function private.list_followups(uuid, timestamptz, bigint) is
'The first leads to be followed up, or all where the limit is null.';

-- Definer, see above.
create function private.followups(coach_id uuid, as_of timestamptz, "limit" bigint)
returns table (
  lead_id uuid,
  user_id_instagram text,
  first_name text,
  status text,
  days_since_contact integer,
  priority text,
  last_name text,
  contact_id text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if private.reads_tenant(followups.coach_id) then
    perform private.check_moment(followups.as_of);
    return query
    select f.*
    from private.list_followups(followups.coach_id, followups.as_of, followups."limit") as f;
  end if;
end;
$$;

comment on function private.followups(uuid, timestamptz, bigint) is
'Definer after a check: the rows of public.get_leads_to_followup.';

-- Not executable by anybody but its callers here: it asks nothing about who calls.
create function private.count_followups(
  coach_id uuid,
  after timestamptz,
  until timestamptz,
  followup_after_days integer,
  relance_high_after_days integer
)
returns table (high bigint, medium bigint, low bigint)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  v_days interval := make_interval(hours => 24 * count_followups.followup_after_days);
  v_high interval := make_interval(hours => 24 * greatest(
    count_followups.followup_after_days, count_followups.relance_high_after_days
  ));
  -- A lead counts from the moment on when its last contact comes to lie before that moment less
  -- so many days; and the day of that, which the index knows.
  v_after timestamptz := count_followups.after - v_days;
  v_until timestamptz := count_followups.until - v_days;
  v_first date := (v_after at time zone 'UTC')::date;
  v_last date := (v_until at time zone 'UTC')::date;
  v_high_after timestamptz := count_followups.after - v_high;
  v_high_until timestamptz := count_followups.until - v_high;
  v_high_first date := (v_high_after at time zone 'UTC')::date;
  v_high_last date := (v_high_until at time zone 'UTC')::date;
begin
  if count_followups.until < count_followups.after then
    return query
    select
      -n.high,
      -n.medium,
      -n.low
    from private.count_followups(
      count_followups.coach_id,
      count_followups.until,
      count_followups.after,
      count_followups.followup_after_days,
      count_followups.relance_high_after_days
    ) as n;
    return;
  end if;

  -- The days in between by the index alone, those at both ends by the moment.
  return query
  with found as (
    select
      l.status,
      count(*) as leads
    from public.leads as l
    where
      l.coach_id = count_followups.coach_id
      and l.status in ('new', 'engaged', 'qualified', 'call_proposed', 'relance')
      and l.silent_on > v_first
      and l.silent_on < v_last
    group by l.status
    union all
    select
      l.status,
      count(*)
    from public.leads as l
    where
      l.coach_id = count_followups.coach_id
      and l.status in ('new', 'engaged', 'qualified', 'call_proposed', 'relance')
      and l.silent_on in (v_first, v_last)
      and coalesce(l.last_message_at, l.created_at) > v_after
      and coalesce(l.last_message_at, l.created_at) <= v_until
    group by l.status
    union all
    select
      'urgent',
      count(*)
    from public.leads as l
    where
      l.coach_id = count_followups.coach_id
      and l.status = 'relance'
      and l.silent_on > v_high_first
      and l.silent_on < v_high_last
    union all
    select
      'urgent',
      count(*)
    from public.leads as l
    where
      l.coach_id = count_followups.coach_id
      and l.status = 'relance'
      and l.silent_on in (v_high_first, v_high_last)
      and coalesce(l.last_message_at, l.created_at) > v_high_after
      and coalesce(l.last_message_at, l.created_at) <= v_high_until
  )
  select
    coalesce(
      sum(f.leads) filter (where f.status in ('qualified', 'call_proposed', 'urgent')), 0
    )::bigint,
    coalesce(
      sum(case when f.status = 'urgent' then -f.leads else f.leads end)
      filter (where f.status in ('engaged', 'relance', 'urgent')),
      0
    )::bigint,
    coalesce(sum(f.leads) filter (where f.status = 'new'), 0)::bigint
  from found as f;
end;
$$;

comment on function private.count_followups(uuid, timestamptz, timestamptz, integer, integer) is
'How many leads, by priority, more are to be followed up at `until` than were at `after`; '
'-infinity counts them all.';

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

-- How many of these moments have come.
create function private.come(moments timestamptz[], as_of timestamptz)
returns bigint
language sql
immutable
set search_path = pg_catalog, pg_temp
return (
  select count(*)
  from unnest(come.moments) as m (at)
  where m.at <= come.as_of
);

comment on function private.come(timestamptz[], timestamptz) is
'How many of these moments are not after another.';
