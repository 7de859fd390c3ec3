-- What clients and n8n rely on is granted. A function is named by its name alone: its arguments may
-- grow.
with contract (kind, name, role, privilege) as (
  values
  ('relation', 'coachs', 'authenticated', 'select'),
  ('relation', 'leads', 'authenticated', 'select'),
  ('relation', 'messages', 'authenticated', 'select'),
  ('relation', 'coach_dashboard_kpis', 'authenticated', 'select'),
  ('relation', 'coach_dashboard_kpis_live', 'authenticated', 'select'),
  ('relation', 'kpi_catalog', 'authenticated', 'select'),
  ('relation', 'kpi_daily', 'authenticated', 'select'),
  ('relation', 'leads', 'service_role', 'insert'),
  ('relation', 'messages', 'service_role', 'insert'),
  ('function', 'current_coach_id', 'authenticated', 'execute'),
  ('function', 'get_dashboard', 'authenticated', 'execute'),
  ('function', 'get_funnel', 'authenticated', 'execute'),
  ('function', 'get_kpi_history', 'authenticated', 'execute'),
  ('function', 'get_kpi_comparison', 'authenticated', 'execute'),
  ('function', 'get_leads_to_followup', 'authenticated', 'execute'),
  ('function', 'get_response_rates', 'authenticated', 'execute'),
  ('function', 'get_top_sources', 'authenticated', 'execute'),
  ('function', 'set_lead_status', 'authenticated', 'execute'),
  ('function', 'ingest_event', 'service_role', 'execute'),
  ('function', 'ingest_events', 'service_role', 'execute'),
  ('function', 'health', 'service_role', 'execute')
),
found as (
  select
    k.*,
    case
      when k.kind = 'relation'
        then has_table_privilege(k.role, to_regclass(format('public.%I', k.name)), k.privilege)
      else (
        select bool_and(has_function_privilege(k.role, p.oid, k.privilege))
        from pg_catalog.pg_proc as p
        where p.pronamespace = 'public'::regnamespace and p.proname = k.name
      )
    end as granted
  from contract as k
)
select
  case
    when f.granted is null then format('public.%s is missing.', f.name)
    else format('%s may not %s public.%s.', f.role, f.privilege, f.name)
  end as what,
  case
    when f.granted is null then 'Run `setterbase migrate up`; see `setterbase migrate status`.'
    else format(
      'grant %s on %s public.%I to %I;',
      f.privilege, case f.kind when 'relation' then 'table' else f.kind end, f.name, f.role
    )
  end as mend
from found as f
where f.granted is not true
union all
select
  format('public.%I has a policy for %s, who may not %s it.', c.relname, r.rolname, k.privilege),
  format('grant %s on public.%I to %I; or drop the policy.', k.privilege, c.relname, r.rolname)
from pg_catalog.pg_policy as p
inner join pg_catalog.pg_class as c on p.polrelid = c.oid
inner join pg_catalog.pg_roles as r on r.oid = any(p.polroles)
inner join (values ('r', 'select'), ('a', 'insert'), ('w', 'update'), ('d', 'delete'))
  as k (command, privilege)
  on p.polcmd::text = k.command
where
  c.relnamespace = 'public'::regnamespace
  and not has_table_privilege(r.oid, c.oid, k.privilege)
  -- Granted on some columns alone is granted.
  and not (k.command <> 'd' and has_any_column_privilege(r.oid, c.oid, k.privilege))
order by 1
