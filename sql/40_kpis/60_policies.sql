-- The security of the KPI domain, whole.

revoke all on public.kpi_daily from public, anon, authenticated, service_role;
revoke all on public.kpi_catalog from public, anon, authenticated, service_role;
revoke all on public.coach_dashboard_kpis from public, anon, authenticated, service_role;
revoke all on public.coach_dashboard_kpis_live from public, anon, authenticated, service_role;
-- Every tenant's figures, without RLS: withheld from everybody, on purpose.
revoke all on private.coach_dashboard_kpis from public, anon, authenticated, service_role;
revoke all on private.kpi_lead_counts from public, anon, authenticated, service_role;
revoke all on private.dashboard_figures from public, anon, authenticated, service_role;
revoke all on private.kpi_boards from public, anon, authenticated, service_role;
revoke all on private.kpi_refreshes from public, anon, authenticated, service_role;
revoke all on private.kpi_days from public, anon, authenticated, service_role;
revoke all on private.kpi_totals from public, anon, authenticated, service_role;
revoke all on private.kpi_zones from public, anon, authenticated, service_role;
-- Appended to by triggers, which are definers, and emptied by a refresh.
revoke all on private.kpi_message_changes from public, anon, authenticated, service_role;
revoke all on private.kpi_sequence_changes from public, anon, authenticated, service_role;
revoke all on private.kpi_lead_changes from public, anon, authenticated, service_role;
revoke all on private.kpi_tenant_changes from public, anon, authenticated, service_role;

grant select on public.kpi_daily to authenticated, service_role;
grant select on public.kpi_catalog to authenticated, service_role;
grant select on public.coach_dashboard_kpis to authenticated, service_role;
grant select on public.coach_dashboard_kpis_live to authenticated, service_role;

create policy kpi_daily_select_member
on public.kpi_daily
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

-- The catalogue holds no tenant's data: labels and formulas, the same for everybody who signs in.
create policy kpi_catalog_select_everybody
on public.kpi_catalog
for select
to authenticated
using (section is not null);

revoke execute on all functions in schema private from public;
-- Bound to the views and functions of this domain; each is an invoker or shows nothing of a tenant.
grant execute on function private.kpi_figures(
  public.kpi_daily, bigint, bigint, public.coach_settings
) to authenticated, service_role;
grant execute on function private.kpi_windows(uuid, date[], date[])
to authenticated, service_role;
grant execute on function private.check_window(date, date, text) to authenticated, service_role;
-- Definers that ask first whether the caller may read the tenant.
grant execute on function private.response_rates(uuid) to authenticated, service_role;
grant execute on function private.tops(uuid, text) to authenticated, service_role;
grant execute on function private.funnel(uuid) to authenticated, service_role;
grant execute on function private.followups(uuid, timestamptz, bigint)
to authenticated, service_role;
grant execute on function private.dashboard(uuid, timestamptz, boolean)
to authenticated, service_role;

revoke all on function public.get_response_rates(uuid) from public,
anon,
authenticated,
service_role;
revoke all on function public.get_top_sources(uuid, integer)
from public, anon, authenticated, service_role;
revoke all on function public.get_top_professions(uuid, integer)
from public, anon, authenticated, service_role;
revoke all on function public.get_loss_reasons(uuid) from public, anon, authenticated, service_role;
revoke all on function public.get_leads_to_followup(uuid, timestamptz, integer)
from public, anon, authenticated, service_role;
revoke all on function public.get_funnel(uuid) from public, anon, authenticated, service_role;
revoke all on function public.get_kpi_history(uuid, date, date, text)
from public, anon, authenticated, service_role;
revoke all on function public.get_kpi_comparison(uuid, date, date)
from public, anon, authenticated, service_role;
revoke all on function public.get_dashboard(uuid, timestamptz, boolean)
from public, anon, authenticated, service_role;
revoke all on function public.admin_overview() from public, anon, authenticated, service_role;

grant execute on function public.get_response_rates(uuid) to authenticated, service_role;
grant execute on function public.get_top_sources(uuid, integer) to authenticated, service_role;
grant execute on function public.get_top_professions(uuid, integer) to authenticated, service_role;
grant execute on function public.get_loss_reasons(uuid) to authenticated, service_role;
grant execute on function public.get_leads_to_followup(uuid, timestamptz, integer)
to authenticated, service_role;
grant execute on function public.get_funnel(uuid) to authenticated, service_role;
grant execute on function public.get_kpi_history(uuid, date, date, text)
to authenticated, service_role;
grant execute on function public.get_kpi_comparison(uuid, date, date)
to authenticated, service_role;
grant execute on function public.get_dashboard(uuid, timestamptz, boolean)
to authenticated, service_role;
grant execute on function public.admin_overview() to authenticated, service_role;
