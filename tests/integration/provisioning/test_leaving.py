"""A tenant is exported whole and deleted whole, and nobody else's rows are touched."""

from __future__ import annotations

import csv
import hashlib
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from setterbase import coaches
from setterbase.errors import UsageError
from setterbase.provisioning import catalogue
from setterbase.provisioning.delete import DeletionError, delete, preview
from setterbase.provisioning.export import Exported, export
from tests.support import world
from tests.support.servers import Connection, Database, Grants, Server
from tests.support.world import ADMIN_A, INACTIVE_A, MEMBER_A, PLATFORM, VIEWER_A, A, B

# Tables without rows of tenants. A new table is either here, or has a coach_id.
OF_THE_PLATFORM = {
    "private.job_catalog",
    "private.job_runs",
    "private.kpi_refreshes",
    "private.kpi_zones",
    "public.kpi_catalog",
}

# What a file looks like does not depend on the PostgreSQL behind it.
FILES = pytest.mark.legs(18)


@pytest.fixture(scope="module")
def template(server: Server, grants: Grants) -> Iterator[Database]:
    """The world of the security tests, made once."""
    made = server.clone(server.migrated(grants))
    with made.connect() as db:
        world.build(db)
        db.execute("insert into auth.sessions (id, user_id) values (gen_random_uuid(), %s)", [A])
        db.execute(
            "insert into private.dead_letters (raw, reason, coach_id) values (%s, %s, %s)",
            ['{"text": "=1+1"}', "unknown_coach: for the test", A],
        )
    yield made
    server.drop(made)


@pytest.fixture
def inhabited(server: Server, template: Database) -> Iterator[Database]:
    """That world, in a database that a test may spoil."""
    mine = server.clone(template)
    yield mine
    server.drop(mine)


def everything(db: Connection, *, of: UUID | None = None) -> dict[str, int]:
    """Rows by table in all schemas; with `of` those that mention this id anywhere."""
    tables = db.execute(
        "select n.nspname, c.relname from pg_class as c"
        " inner join pg_namespace as n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'm') and n.nspname in ('public', 'private', 'auth')"
    ).fetchall()
    counted = {}
    for schema, name in tables:
        found = db.execute(
            sql.SQL("select count(*) from {} as t where t::text like {}").format(
                sql.Identifier(schema, name), sql.Literal(f"%{of or ''}%")
            )
        ).fetchone()
        assert found is not None
        if found[0]:
            counted[f"{schema}.{name}"] = found[0]
    return counted


def exported(database: Database, to: Path) -> list[Exported]:
    with psycopg.connect(database.url(), autocommit=True) as connection:
        one = coaches.find(coaches.every(connection), str(A))
        return export(connection, one, to)


def rows_of(folder: Path, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((folder / f"{table}.json").read_text("utf-8"))
    return rows


def sheet_of(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.grants("current", "legacy")
def test_no_table_is_forgotten(db: Connection) -> None:
    every = {
        name
        for (name,) in db.execute(
            "select n.nspname || '.' || c.relname from pg_class as c"
            " inner join pg_namespace as n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'p') and n.nspname in ('public', 'private')"
        )
    }
    of_tenants = {table.label for table in catalogue.tenant_tables(db)}
    assert every - of_tenants == OF_THE_PLATFORM
    assert of_tenants <= every


def test_a_table_of_tomorrow_is_exported_and_emptied(inhabited: Database, tmp_path: Path) -> None:
    with inhabited.connect() as db:
        db.execute(
            "create table private.tickets (coach_id uuid not null, said text);"
            " create schema crm; create table crm.deals (id int primary key, coach_id uuid"
            " references public.coachs on delete cascade)"
        )
        db.execute("insert into private.tickets values (%s, 'x'), (%s, 'y')", [A, B])
        db.execute("insert into crm.deals values (1, %s), (2, %s)", [A, B])
    tables = {table.table: table.rows for table in exported(inhabited, tmp_path / "a")}
    assert (tables["private.tickets"], tables["crm.deals"]) == (1, 1)
    with psycopg.connect(inhabited.url(), autocommit=True) as connection:
        delete(connection, coaches.find(coaches.every(connection), str(A)))
        for table in (b"private.tickets", b"crm.deals"):
            left = connection.execute(b"select coach_id from " + table).fetchall()
            assert left == [(B,)]


def test_an_export_holds_everything_of_one_tenant(inhabited: Database, tmp_path: Path) -> None:
    to = tmp_path / "deep" / "a"
    tables = exported(inhabited, to)
    with inhabited.connect() as db:
        for table in catalogue.tenant_tables(db):
            wanted = db.execute(
                sql.SQL("select to_jsonb(t) from {} as t where t::text like {}").format(
                    table.identifier(), sql.Literal(f"%{A}%")
                )
            ).fetchall()
            found = rows_of(to, table.label)
            assert sorted(map(_text, found)) == sorted(_text(row) for (row,) in wanted)
            assert len(sheet_of(to, table.label)) == len(found)
    assert {file.name for file in to.iterdir()} == {
        "manifest.json",
        *(f"{table.table}.{kind}" for table in tables for kind in ("csv", "json")),
    }
    assert str(B) not in "".join(file.read_text("utf-8") for file in to.iterdir())


def _text(row: object) -> str:
    """A row without the difference that a time zone makes to how an instant is written."""
    from datetime import UTC, datetime

    def plain(value: object) -> object:
        if isinstance(value, str) and value[4:5] == "-" and "T" in value:
            return datetime.fromisoformat(value).astimezone(UTC).isoformat()
        return value

    assert isinstance(row, dict)
    return json.dumps({k: plain(v) for k, v in row.items()}, sort_keys=True)


@FILES
def test_the_accounts_come_without_what_opens_them(inhabited: Database, tmp_path: Path) -> None:
    with inhabited.connect() as db:
        db.execute(
            "update auth.users set encrypted_password = 'hash-x', recovery_token = 'token-xyz'"
            " where id = %s",
            [A],
        )
    exported(inhabited, tmp_path / "a")
    accounts = {row["id"] for row in rows_of(tmp_path / "a", "auth.users")}
    assert accounts == {str(user) for user in (A, ADMIN_A, MEMBER_A, VIEWER_A, INACTIVE_A)}
    written = (tmp_path / "a" / "auth.users.json").read_text() + (
        tmp_path / "a" / "auth.users.csv"
    ).read_text()
    assert "hash-x" not in written
    assert "token-xyz" not in written


@FILES
def test_a_spreadsheet_runs_nothing_and_json_is_exact(inhabited: Database, tmp_path: Path) -> None:
    with inhabited.connect() as db:
        lead = world.lead_id(db, A)
        db.execute(
            "update public.leads set first_name = '=HYPERLINK(\"x\")', last_name = E'a\"b\nc',"
            " deal_value = 12345678901.1000000001, job_title = null where id = %s",
            [lead],
        )
    exported(inhabited, tmp_path / "a")
    exact = next(r for r in rows_of(tmp_path / "a", "public.leads") if r["id"] == str(lead))
    cell = next(r for r in sheet_of(tmp_path / "a", "public.leads") if r["id"] == str(lead))
    assert (exact["first_name"], cell["first_name"]) == ('=HYPERLINK("x")', '\'=HYPERLINK("x")')
    assert exact["last_name"] == cell["last_name"] == 'a"b\nc'
    assert cell["deal_value"] == "12345678901.1000000001"
    assert '"deal_value": 12345678901.1000000001' in (
        tmp_path / "a" / "public.leads.json"
    ).read_text("utf-8")
    assert (exact["job_title"], cell["job_title"]) == (None, "")


@FILES
def test_the_manifest_can_be_checked(inhabited: Database, tmp_path: Path) -> None:
    to = tmp_path / "a"
    exported(inhabited, to)
    manifest = json.loads((to / "manifest.json").read_text("utf-8"))
    assert manifest["coach"]["id"] == str(A)
    for table in manifest["tables"]:
        assert table["rows"] == len(rows_of(to, table["table"]))
        for kind in ("csv", "json"):
            text = (to / f"{table['table']}.{kind}").read_bytes()
            assert table[f"{kind}_sha256"] == hashlib.sha256(text).hexdigest()


@FILES
def test_files_are_for_their_owner_alone(inhabited: Database, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    exported(inhabited, tmp_path / "a")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    assert {stat.S_IMODE(f.stat().st_mode) for f in (tmp_path / "a").iterdir()} == {0o600}


@FILES
def test_a_folder_that_holds_something_is_left_alone(inhabited: Database, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    for taken in (tmp_path, tmp_path / "mine.txt"):
        with pytest.raises(UsageError, match="exists already"):
            exported(inhabited, taken)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


@FILES
def test_an_export_that_fails_leaves_no_folder(inhabited: Database, tmp_path: Path) -> None:
    def break_off(_: int) -> None:
        raise KeyboardInterrupt

    with psycopg.connect(inhabited.url(), autocommit=True) as connection:
        one = coaches.find(coaches.every(connection), str(A))
        with pytest.raises(KeyboardInterrupt):
            export(connection, one, tmp_path / "a", on_table=break_off)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.grants("current", "legacy")
def test_a_deletion_takes_everything_of_one_tenant_and_only_that(inhabited: Database) -> None:
    with inhabited.connect() as db:
        before, mentions = everything(db), everything(db, of=A)
    assert len(mentions) > 15
    with psycopg.connect(inhabited.url(), autocommit=True) as connection:
        one = coaches.find(coaches.every(connection), str(A))
        foreseen = preview(connection, one)
        gone = delete(connection, one)
        connection.execute("select private.refresh_kpis()")
    assert gone == foreseen
    assert gone.rows["public.leads"] == 3
    assert [account.id for account in gone.accounts if account.leaves] == [A, INACTIVE_A]
    with inhabited.connect() as db:
        assert everything(db, of=A) == {}
        after = everything(db)
        db.execute("update private.dead_letters set raw = raw")  # others' are there to be kept
        for table, rows in before.items():
            if table != "private.kpi_refreshes":
                lost = rows - after.get(table, 0)
                # The second owner's account mentions A nowhere.
                extra = 1 if table == "auth.users" else 0
                assert lost == mentions.get(table, 0) + extra, table


def test_accounts_with_another_use_stay(inhabited: Database) -> None:
    with inhabited.connect() as db:
        db.execute(
            "insert into public.memberships (coach_id, user_id, role) values"
            " (%s, %s, 'viewer'), (%s, %s, 'owner')",
            [B, A, A, PLATFORM],
        )
        db.execute(
            'update auth.users set raw_app_meta_data = \'{"role": "admin"}\' where id = %s',
            [PLATFORM],
        )
    with psycopg.connect(inhabited.url(), autocommit=True) as connection:
        gone = delete(connection, coaches.find(coaches.every(connection), str(A)))
        leaving = {account.id for account in gone.accounts if account.leaves}
        assert leaving == {INACTIVE_A}
        left = connection.execute("select id from auth.users").fetchall()
        assert {A, PLATFORM, MEMBER_A, B} <= {user for (user,) in left}
        assert connection.execute("select coach_id from public.memberships where user_id = %s",
                                  [A]).fetchall() == [(B,)]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "event"),
    [
        ("auth.users", "delete"),
        ("public.coachs", "delete"),
        ("private.dead_letters", "delete"),
        ("public.messages", "delete"),
    ],
)
def test_whichever_step_fails_everything_stays(inhabited: Database, table: str, event: str) -> None:
    with inhabited.connect() as db:
        db.execute(
            "create function public.refuse() returns trigger language plpgsql security definer"
            " as 'begin raise exception ''not today''; end'"
        )
        db.execute(
            f"create trigger refuse after {event} on {table}"
            " for each row execute function public.refuse()".encode()
        )
        before = everything(db)
    with psycopg.connect(inhabited.url(), autocommit=True) as connection:
        one = coaches.find(coaches.every(connection), str(A))
        with pytest.raises(DeletionError, match=r"not today\. All is as it was"):
            delete(connection, one)
    with inhabited.connect() as db:
        assert everything(db) == before


def test_rows_that_would_stay_stop_a_deletion(inhabited: Database) -> None:
    with inhabited.connect() as db:
        db.execute("create table private.copies (coach_id uuid not null)")
        db.execute(
            "create function public.copy() returns trigger language plpgsql as"
            " 'begin insert into private.copies values (old.coach_id); return null; end'"
        )
        db.execute(
            "create trigger copy after delete on public.leads"
            " for each row execute function public.copy()"
        )
        before = everything(db)
    with psycopg.connect(inhabited.url(), autocommit=True) as connection:
        one = coaches.find(coaches.every(connection), str(A))
        with pytest.raises(DeletionError, match=r"would stay in private\.copies"):
            delete(connection, one)
    with inhabited.connect() as db:
        assert everything(db) == before
