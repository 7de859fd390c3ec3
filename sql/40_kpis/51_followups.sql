-- Whom to write to; the work is done in 36_followups.sql.

create function public.get_leads_to_followup(
  coach_id uuid default null, as_of timestamptz default now(), "limit" integer default null
)
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
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  select f.*
  from private.followups(
    coalesce(get_leads_to_followup.coach_id, (select public.current_coach_id())),
    get_leads_to_followup.as_of,
    case when get_leads_to_followup."limit" < 0 then 0 else get_leads_to_followup."limit" end
  ) as f;
end;

comment on function public.get_leads_to_followup(uuid, timestamptz, integer) is
'Open leads that nobody has heard of for some days, the most urgent first, then the longest silent; '
'all of them, or the first "limit".';
