"""For each rule of `rules/`, ways to break it: the sin, what the rule reports, the way back."""

from __future__ import annotations

from dataclasses import dataclass

POLICY = "public.leads for select to authenticated using"
MINE = "coach_id = any ((select private.my_coach_ids())::uuid[])"


@dataclass(frozen=True)
class Sin:
    """`commit` breaks a rule, which then reports `offender`, until `mend` has run."""

    commit: str
    offender: str
    mend: str


def _policy(text: str, name: str = "leads_select_member") -> Sin:
    """Another policy in the place of the one of leads."""
    return Sin(
        f"drop policy leads_select_member on public.leads; create policy {name} on {text}",
        f"public.leads.{name}",
        f"drop policy {name} on public.leads;"
        f"create policy leads_select_member on {POLICY} ({MINE})",
    )


def _made(kind: str, name: str, rest: str, offender: str | None = None) -> Sin:
    return Sin(f"create {kind} {name} {rest}", offender or name, f"drop {kind} {name}")


PINNED = "set search_path = pg_catalog, pg_temp"

SINS: dict[str, list[Sin]] = {
    "row_level_security": [
        _made("table", "public.deals", "(id integer)"),
        _made("table", "private.queue", "(id integer)"),
        Sin(
            "alter table public.leads disable row level security",
            "public.leads",
            "alter table public.leads enable row level security",
        ),
    ],
    "a_policy_for_each_public_table": [
        Sin(
            "drop policy leads_select_member on public.leads",
            "public.leads",
            f"create policy leads_select_member on {POLICY} ({MINE})",
        )
    ],
    "pinned_search_path": [
        _made("function", "public.f()", "returns integer return 1"),
        _made("function", "private.f()", "returns integer set search_path = '' return 1"),
        Sin(
            "alter function private.my_coach_ids() set search_path = public, pg_catalog",
            "private.my_coach_ids()",
            f"alter function private.my_coach_ids() {PINNED}",
        ),
    ],
    "no_definer_in_public": [
        Sin(
            "alter function public.get_funnel(uuid) security definer",
            "public.get_funnel(uuid)",
            "alter function public.get_funnel(uuid) security invoker",
        )
    ],
    "not_executable_by_everybody": [
        # Nobody granted anything: it is what PostgreSQL and the legacy bootstrap do alone.
        _made("function", "public.f()", f"returns integer {PINNED} return 1"),
        _made("function", "private.f()", f"returns integer {PINNED} return 1"),
        Sin(
            "grant execute on function public.get_funnel(uuid) to anon",
            "public.get_funnel(uuid)",
            "revoke execute on function public.get_funnel(uuid) from anon",
        ),
    ],
    "closed_schemas": [
        Sin(
            "grant usage on schema private to authenticated",
            "authenticated USAGE private",
            "revoke usage on schema private from authenticated",
        ),
        Sin(
            "grant create on schema public to service_role",
            "service_role CREATE public",
            "revoke create on schema public from service_role",
        ),
    ],
    "tenant_policies": [
        _policy("public.leads for select to authenticated using (true)"),
        _policy(f"public.leads to authenticated using ({MINE})"),
        _policy(f"public.leads for select using ({MINE})"),
        _policy(f"public.leads for select to authenticated, anon using ({MINE})"),
        _policy(f"public.leads for update to authenticated using ({MINE})"),
        _policy(f"public.leads as restrictive for select to authenticated using ({MINE})"),
        _policy(f"{POLICY} ({MINE})", name="anything"),
        _policy(f"{POLICY} (coach_id = any (private.my_coach_ids()))"),
        _policy(f"{POLICY} (coach_id in (select unnest(private.my_coach_ids())))"),
        _policy(f"{POLICY} (private.my_role_in(coach_id) is not null)"),
        # Both sides are columns of memberships: true for whoever is a member of anything.
        _policy(
            f"{POLICY} (exists (select from public.memberships as m"
            " where coach_id = m.coach_id and user_id = (select private.my_user_id())))"
        ),
        Sin(
            "create policy kpi_daily_select_member on public.coachs for select using (true)",
            "public.coachs.kpi_daily_select_member",
            "drop policy kpi_daily_select_member on public.coachs",
        ),
    ],
    "indexed_foreign_keys": [
        Sin(
            "drop index public.lead_notes_author_id_idx",
            "public.lead_notes.lead_notes_author_id_fkey",
            "create index lead_notes_author_id_idx on public.lead_notes (author_id)",
        ),
        Sin(
            "drop index public.messages_lead_id_coach_id_created_at_idx",
            "public.messages.messages_coach_id_lead_id_fkey",
            "create index messages_lead_id_coach_id_created_at_idx"
            " on public.messages (lead_id, coach_id, created_at)",
        ),
    ],
    "foreign_keys_say_what_deletion_does": [
        Sin(
            "alter table public.leads add constraint leads_id_fkey foreign key (id)"
            " references public.leads (id)",
            "public.leads.leads_id_fkey",
            "alter table public.leads drop constraint leads_id_fkey",
        )
    ],
    "tenant_column": [
        _made("table", "public.deals", "(id integer)"),
        _made("table", "public.deals", "(coach_id uuid not null)"),
        _made("table", "public.deals", "(coach_id uuid references public.coachs)"),
        _made("table", "private.queue", "(coach_id text not null)"),
    ],
    "foreign_keys_carry_the_tenant": [
        Sin(
            "create table public.calls (coach_id uuid not null, lead_id uuid,"
            " constraint calls_lead_id_fkey foreign key (lead_id) references public.leads (id))",
            "public.calls.calls_lead_id_fkey",
            "drop table public.calls",
        ),
        Sin(
            "create table public.calls (coach_id uuid, other_id uuid, lead_id uuid,"
            " constraint x foreign key (other_id, lead_id) references public.leads (coach_id, id))",
            "public.calls.x",
            "drop table public.calls",
        ),
    ],
    "unique_within_a_tenant": [
        Sin(
            "create unique index leads_contact_id_key on public.leads (contact_id)",
            "public.leads_contact_id_key",
            "drop index public.leads_contact_id_key",
        ),
        Sin(
            "create unique index leads_email_key on public.leads (lower(email))",
            "public.leads_email_key",
            "drop index public.leads_email_key",
        ),
    ],
    "filtered_views": [
        _made("view", "public.peek", "as select coach_id from public.leads"),
        _made(
            "materialized view",
            "public.peek",
            "as select coach_id, count(*) from public.leads group by 1",
        ),
        Sin(
            "alter view public.coach_dashboard_kpis set (security_barrier = false)",
            "public.coach_dashboard_kpis",
            "alter view public.coach_dashboard_kpis set (security_barrier = true)",
        ),
        Sin(
            "alter view public.coach_dashboard_kpis_live reset (security_invoker)",
            "public.coach_dashboard_kpis_live",
            "alter view public.coach_dashboard_kpis_live set (security_invoker = true)",
        ),
        _made(
            "view",
            "public.peek",
            "with (security_barrier = true) as select coach_id from private.coach_dashboard_kpis",
        ),
    ],
    "comments": [
        _made("table", "public.deals", "()"),
        _made("view", "public.peek", "as select 1 as one"),
        _made("function", "public.f()", "returns integer return 1"),
    ],
    "readers_are_stable": [
        Sin(
            "alter function public.get_funnel(uuid) volatile",
            "public.get_funnel(uuid)",
            "alter function public.get_funnel(uuid) stable",
        )
    ],
    "bound_bodies": [
        _made("function", "public.f()", "returns integer language sql as 'select 1'"),
    ],
    "names_of_objects": [
        _made("table", 'public."Deals"', "()"),
        Sin(
            'alter table public.leads add column "dealSize" integer',
            'public.leads."dealSize"'.replace('"', ""),
            'alter table public.leads drop column "dealSize"',
        ),
        _made("function", 'public."getX"()', "returns integer return 1"),
        _made("function", "private.on_lead()", "returns trigger language plpgsql as 'begin end'"),
        Sin(
            "create trigger touch before update on public.leads"
            " for each row execute function private.tg_set_updated_at()",
            "public.leads.touch",
            "drop trigger touch on public.leads",
        ),
        Sin(
            "create trigger _900_touch before update on public.leads"
            " for each row execute function private.tg_set_updated_at()",
            "public.leads._900_touch",
            "drop trigger _900_touch on public.leads",
        ),
    ],
    "names_of_constraints": [
        Sin(
            "alter table public.leads add constraint positive check (age > 0) not valid",
            "public.leads.positive",
            "alter table public.leads drop constraint positive",
        ),
        Sin(
            "alter table public.leads add constraint leads_key unique (coach_id, email)",
            "public.leads.leads_key",
            "alter table public.leads drop constraint leads_key",
        ),
        Sin(
            "create index by_email on public.leads (email)",
            "public.by_email",
            "drop index public.by_email",
        ),
    ],
}
