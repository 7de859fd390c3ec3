"""Foreign tables: attacked like any other where their server rolls back, else never written to."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from setterbase.prover import prove
from setterbase.prover.verdict import Kind, Report
from tests.support.servers import Connection, Database, Grants, Server

pytestmark = [pytest.mark.slow, pytest.mark.legs(15, 17)]  # the packages with the wrappers

REMOTE = """
create schema far;
create table far.deliveries (id uuid default gen_random_uuid(), user_id uuid not null, note text);
grant usage on schema far to postgres;
grant all on far.deliveries to postgres;
create extension postgres_fdw;
create server far foreign data wrapper postgres_fdw
options (host '127.0.0.1', port '{port}', dbname '{name}');
create user mapping for public server far options (user 'postgres', password '{password}');
grant usage on foreign server far to postgres;
"""
NEAR = """
import foreign schema far from server far into public;
revoke all on public.deliveries from anon, authenticated;
"""
FILED = """
create extension file_fdw;
create server files foreign data wrapper file_fdw;
create foreign table public.old_orders (user_id uuid, total numeric)
server files options (filename '{path}', format 'csv');
revoke all on public.old_orders from anon;
grant select, insert on public.old_orders to authenticated;
"""


@pytest.fixture
def near(server: Server, grants: Grants) -> Iterator[Database]:
    """A project with a foreign table over its own `far.deliveries`."""
    database = server.clone(server.bare(grants))
    with database.connect("supabase_admin") as connection:
        connection.execute(
            REMOTE.format(port=server.port, name=database.name, password=server.password).encode()
        )
    with database.connect() as connection:
        connection.execute(NEAR)
    yield database
    server.drop(database)


def spots(report: Report, kind: Kind) -> set[tuple[str, str]]:
    return {(v.object, v.command) for v in report.of(kind)}


def proven(connection: Connection, grant: str) -> Report:
    with connection.transaction(force_rollback=True):
        connection.execute(grant.encode())
        return prove.run(connection, ["public"])


def test_what_a_server_far_away_holds_is_attacked_and_rolled_back(near: Database) -> None:
    with near.connect() as connection:
        open_ = proven(
            connection,
            "grant select, insert, update, delete on public.deliveries to authenticated",
        )
        closed = proven(connection, "revoke all on public.deliveries from authenticated")
    label = "public.deliveries"
    commands = {"select", "insert", "update", "delete"}
    assert {(label, c) for c in commands} <= spots(open_, Kind.LEAK)
    assert spots(closed, Kind.LEAK) == set()
    assert spots(closed, Kind.UNPROVEN) == set()
    with near.connect() as connection:
        assert connection.execute("select from far.deliveries").rowcount == 0


def test_a_server_that_does_not_roll_back_is_read_alone(server: Server, project: Database) -> None:
    path = server.place.folder / "old_orders.csv"
    path.write_text("a5e77e1a-0000-4000-8000-0000000000aa,12.50\n", encoding="utf-8")
    path.chmod(0o644)
    with psycopg.connect(project.url("supabase_admin")) as connection:
        connection.execute(FILED.format(path=path).encode())
        report = prove.run(connection)
        connection.rollback()
    assert ("public.old_orders", "select") in spots(report, Kind.LEAK)
    assert ("public.old_orders", "insert") in spots(report, Kind.UNPROVEN)
    assert {v.command for v in report.of(Kind.UNREACHABLE)} >= {"update", "delete"}
