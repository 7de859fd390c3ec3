"""`assert_isolated`: what passes, what fails and with which words, what stays as it was."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from setterbase.errors import TargetError, UsageError
from setterbase.prover.config import Config
from setterbase.prover.verdict import Kind
from setterbase.testing import NotIsolatedError, assert_isolated
from tests.prover.notes import DEAD, NOTES, WIDE, last_rows
from tests.support.servers import Connection, Database

pytestmark = pytest.mark.legs(18)


@pytest.fixture
def notes(blank: Connection) -> Connection:
    blank.execute(NOTES)
    return blank


def test_what_is_isolated_passes_and_gives_the_report(notes: Connection) -> None:
    report = assert_isolated(notes)
    assert report.has_axis
    assert report.seconds > 0
    assert report.objects()["public.notes"] is Kind.ISOLATED


def test_a_leak_fails_with_who_what_row_and_script(notes: Connection) -> None:
    notes.execute(WIDE)
    with pytest.raises(NotIsolatedError) as caught:
        assert_isolated(notes)
    text = str(caught.value)
    assert text.startswith("tenants reach each other through public.notes\n")
    assert "LEAK public.notes select\n  by   member of A, member of B" in text
    assert "  row  id=" in text
    script = caught.value.scripts["public.notes select as member of A"]
    assert script in text
    assert caught.value.report.exit_code() == 1


def test_the_script_shows_the_leak_and_nothing_after_the_mend(notes: Connection) -> None:
    with notes.transaction(force_rollback=True):
        notes.execute(WIDE)
        with pytest.raises(NotIsolatedError) as caught:
            assert_isolated(notes, objects=["public.notes"])
        script = caught.value.scripts["public.notes select as member of A"]
        attack = script.removeprefix("begin;").removesuffix("rollback;")
        with notes.transaction(force_rollback=True):
            assert last_rows(notes, attack) == 1
    with notes.transaction(force_rollback=True):
        assert last_rows(notes, attack) == 0


def test_what_is_unproven_fails_unless_it_may(notes: Connection) -> None:
    notes.execute(DEAD)
    with pytest.raises(NotIsolatedError, match=r"public\.logs remain unproven") as caught:
        assert_isolated(notes)
    assert "public.logs select: nobody saw even a row of their own" in str(caught.value)
    assert caught.value.scripts == {}
    with pytest.raises(NotIsolatedError):
        assert_isolated(notes, allow_unproven=["public.notes"])
    assert_isolated(notes, allow_unproven=["public.logs"])
    assert_isolated(notes, allow_unproven=True)
    assert_isolated(notes, objects=["public.notes"])


def test_a_leak_fails_whatever_may_be_unproven(notes: Connection) -> None:
    notes.execute(WIDE)
    with pytest.raises(NotIsolatedError):
        assert_isolated(notes, allow_unproven=True)


def test_only_the_named_objects_are_judged(notes: Connection) -> None:
    notes.execute("create table public.drafts (id integer primary key, user_id uuid, body text)")
    notes.execute("grant select on public.drafts to authenticated")
    assert_isolated(notes, objects=["public.notes", "public.note_count"])
    with pytest.raises(NotIsolatedError, match=r"(?m)through public\.drafts$"):
        assert_isolated(notes, objects=["public.drafts"])


def test_a_name_that_is_not_there_is_no_pass(notes: Connection) -> None:
    with pytest.raises(UsageError, match=r"called public\.note\."):
        assert_isolated(notes, objects=["public.notes", "public.note"])
    with pytest.raises(UsageError, match="no schema api"):
        assert_isolated(notes, schemas=["api"])


def test_what_belongs_to_nobody_is_not_asserted_in_vain(notes: Connection) -> None:
    with pytest.raises(NotIsolatedError, match=r"public\.countries belong to no tenant"):
        assert_isolated(notes, objects=["public.countries"])
    notes.execute("drop table public.notes cascade")
    with pytest.raises(NotIsolatedError, match="nothing in this database belongs to a tenant"):
        assert_isolated(notes)


def test_the_owner_declares_in_code_or_in_a_file(notes: Connection, tmp_path: Path) -> None:
    notes.execute(WIDE)
    declared = Config(public={"public.notes": "a wall", "public.note_count": "a figure for all"})
    notes.execute("create table public.mine (id integer primary key, user_id uuid)")
    assert_isolated(notes, config=declared)
    file = tmp_path / "isolation.toml"
    file.write_text('[public]\n"public.notes" = "a wall"\n"public.note_count" = "for all"\n')
    assert_isolated(notes, config=file)
    assert_isolated(notes, config=str(file))


def test_a_borrowed_connection_comes_back_as_it_was(notes: Connection) -> None:
    notes.row_factory = dict_row
    notes.execute("insert into public.notes values (7, null, 'not committed')")
    assert_isolated(notes)
    assert notes.row_factory is dict_row
    told = notes.execute("select id, current_user::text as me from public.notes").fetchall()
    assert told == [{"id": 7, "me": "postgres"}]
    assert notes.execute("select count(*) as users from auth.users").fetchone() == {"users": 0}
    notes.row_factory = psycopg.rows.tuple_row


def test_an_address_an_autocommit_connection_and_the_target_are_attacked_too(
    bare: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bare.connect() as connection:
        connection.execute(NOTES)
    assert assert_isolated(bare.url()).objects()["public.notes"] is Kind.ISOLATED
    with bare.connect(autocommit=True) as connection:
        assert_isolated(connection)
    monkeypatch.setenv("DATABASE_URL", bare.url())
    assert_isolated()
    with bare.connect() as connection:
        connection.execute(WIDE)
        found = connection.execute("select count(*) from auth.users").fetchone()
    assert found == (0,)
    for database in (bare.url(), None):
        with pytest.raises(NotIsolatedError):
            assert_isolated(database)


def test_what_is_no_database_is_said(notes: Connection) -> None:
    with pytest.raises(UsageError, match="empty"):
        assert_isolated(" ")
    with pytest.raises(UsageError, match="a list is no connection"):
        assert_isolated([])  # type: ignore[arg-type]
    with pytest.raises(TargetError, match="cannot connect"):
        assert_isolated("postgresql://postgres@127.0.0.1:1/postgres")
