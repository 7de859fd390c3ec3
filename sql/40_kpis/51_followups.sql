-- Whom to write to.

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
