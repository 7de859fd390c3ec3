-- The security of the coaching domain, whole. People of a tenant read its rows; they write through
-- the functions of 50_api.sql. n8n writes as service_role.

revoke all on public.coach_settings from public, anon, authenticated, service_role;
revoke all on public.leads from public, anon, authenticated, service_role;
revoke all on public.messages from public, anon, authenticated, service_role;
revoke all on public.message_sequences from public, anon, authenticated, service_role;
revoke all on public.lead_notes from public, anon, authenticated, service_role;
revoke all on public.lead_tags from public, anon, authenticated, service_role;
revoke all on public.lead_status_history from public, anon, authenticated, service_role;
-- The numbers of an identity column belong to its table; the legacy bootstrap would grant them.
revoke all on sequence public.lead_status_history_id_seq
from public, anon, authenticated, service_role;

grant select on public.coach_settings to authenticated;
grant select on public.leads to authenticated;
grant select on public.messages to authenticated;
grant select on public.message_sequences to authenticated;
grant select on public.lead_notes to authenticated;
grant select on public.lead_tags to authenticated;
grant select on public.lead_status_history to authenticated;

-- Settings rows come and go with their tenant, by trigger and foreign key.
grant select, update on public.coach_settings to service_role;
grant select, insert, update, delete on public.leads to service_role;
grant select, insert, update, delete on public.messages to service_role;
grant select, insert, update, delete on public.lead_notes to service_role;
grant select, insert, update, delete on public.lead_tags to service_role;
-- Kept by triggers: nobody writes them by hand, and nobody rewrites the history. Truncate is
-- withheld everywhere: it asks no policy.
grant select on public.message_sequences to service_role;
grant select on public.lead_status_history to service_role;

create policy coach_settings_select_member
on public.coach_settings
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

create policy leads_select_member
on public.leads
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

create policy messages_select_member
on public.messages
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

create policy message_sequences_select_member
on public.message_sequences
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

create policy lead_notes_select_member
on public.lead_notes
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

create policy lead_tags_select_member
on public.lead_tags
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

create policy lead_status_history_select_member
on public.lead_status_history
for select
to authenticated
using (coach_id = any((select private.my_coach_ids())::uuid[]));

-- Helpers and trigger functions: nobody calls them by name.
revoke execute on all functions in schema private from public;

-- Each checks the caller's tenant and role itself; they are bound to the public functions below.
grant execute on function private.set_lead_status(uuid, text, numeric, text) to authenticated;
grant execute on function private.add_lead_note(uuid, text) to authenticated;
grant execute on function private.add_lead_tag(uuid, text) to authenticated;
grant execute on function private.remove_lead_tag(uuid, text) to authenticated;
grant execute on function private.update_settings(jsonb, uuid) to authenticated;

revoke all on function public.set_lead_status(uuid, text, numeric, text)
from public, anon, authenticated, service_role;
revoke all on function public.add_lead_note(uuid, text)
from public, anon, authenticated, service_role;
revoke all on function public.add_lead_tag(uuid, text)
from public, anon, authenticated, service_role;
revoke all on function public.remove_lead_tag(uuid, text)
from public, anon, authenticated, service_role;
revoke all on function public.update_settings(jsonb, uuid)
from public, anon, authenticated, service_role;

-- Not to service_role: these act as a person, and a service writes the tables.
grant execute on function public.set_lead_status(uuid, text, numeric, text) to authenticated;
grant execute on function public.add_lead_note(uuid, text) to authenticated;
grant execute on function public.add_lead_tag(uuid, text) to authenticated;
grant execute on function public.remove_lead_tag(uuid, text) to authenticated;
grant execute on function public.update_settings(jsonb, uuid) to authenticated;
