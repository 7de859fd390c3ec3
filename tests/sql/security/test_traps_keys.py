"""Keys that tell or let through what policies withhold: uniqueness, foreign keys, wording."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from tests.sql.security.probes import rows_of, springs
from tests.support.acting import acting_as
from tests.support.catalogue import attempt
from tests.support.servers import Connection
from tests.support.world import STRANGER, A, B, lead_id


def test_uniqueness_across_tenants_tells_what_another_has(wdb: Connection) -> None:
    wdb.execute("grant insert (coach_id, contact_id) on public.leads to authenticated")
    wdb.execute(
        "create policy probe on public.leads for insert to authenticated"
        " with check (coach_id = any ((select private.my_coach_ids())::uuid[]))"
    )
    wdb.execute("insert into public.leads (coach_id, contact_id) values (%s, 'only-a-has-it')", [A])
    springs(
        wdb,
        rows_of(
            "insert into public.leads (coach_id, contact_id) values ('{b}', 'only-a-has-it')",
            "owner_b",
            b=B,
        ),
        sound=1,
        trap="create unique index leads_contact_id_key on public.leads (contact_id)"
        " where contact_id like 'only%'",
        leaks="23505",
    )


@pytest.mark.parametrize(
    "table", ["messages", "message_sequences", "lead_notes", "lead_tags", "lead_status_history"]
)
def test_a_child_of_another_tenants_lead(wdb: Connection, table: str) -> None:
    """Even the key that passes every policy cannot attach a row of B to a lead of A."""
    theirs = lead_id(wdb, A)
    wdb.execute(f"delete from public.{table} where coach_id = '{B}' and lead_id = '{theirs}'")
    columns = {
        "messages": "coach_id, lead_id, direction) values ('{b}', '{lead}', 'in')",
        "message_sequences": "coach_id, lead_id) values ('{b}', '{lead}')",
        "lead_notes": "coach_id, lead_id, body) values ('{b}', '{lead}', 'x')",
        "lead_tags": "coach_id, lead_id, tag) values ('{b}', '{lead}', 'x')",
        "lead_status_history": "coach_id, lead_id, from_status, to_status, changed_at)"
        " values ('{b}', '{lead}', 'new', 'won', now())",
    }
    wdb.execute(f"grant insert on public.{table} to service_role")
    wdb.execute("delete from public.message_sequences where coach_id = %s", [A])
    insert = f"insert into public.{table} (" + columns[table]
    springs(
        wdb,
        rows_of(insert, "service_role", b=B, lead=theirs),
        sound="23503",
        trap=f"alter table public.{table} drop constraint {table}_coach_id_lead_id_fkey,"
        f" add constraint {table}_lead_id_fkey foreign key (lead_id) references public.leads",
        leaks=1,
    )


def test_a_row_cannot_move_to_another_tenant(wdb: Connection) -> None:
    for table in ("messages", "lead_notes", "lead_tags", "leads"):
        with acting_as(wdb, "service_role"):
            statement = f"update public.{table} set coach_id = '{B}' where coach_id = '{A}'"
            # B has contacts of the same names; the key of its own tenant is what stops a lead.
            assert attempt(wdb, statement) == ("23505" if table == "leads" else "23503")


def test_what_is_denied_to_a_stranger_is_worded_as_what_is_missing(wdb: Connection) -> None:
    for statement in (
        "select public.set_lead_status('{id}', 'won')",
        "select public.add_lead_note('{id}', 'x')",
        "select public.add_lead_tag('{id}', 'x')",
        "select public.remove_lead_tag('{id}', 'vip')",
    ):
        words = [
            _complaint(wdb, statement.format(id=target))
            for target in (lead_id(wdb, A), UUID(int=7))
        ]
        assert words[0] == words[1] == ("PT404", "lead not found", None, None)
    settings = "select public.update_settings('{{}}', '{id}')"
    words = [_complaint(wdb, settings.format(id=target)) for target in (A, UUID(int=7))]
    assert words[0] == words[1] == ("PT404", "tenant not found", None, None)


def _complaint(db: Connection, statement: str) -> tuple[str | None, ...]:
    with pytest.raises(psycopg.Error) as caught, acting_as(db, sub=STRANGER):
        db.execute(statement.encode())
    told = caught.value.diag
    return told.sqlstate, told.message_primary, told.message_detail, told.message_hint
