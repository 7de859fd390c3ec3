-- What the platform asks of itself: every tenant in one table.

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
