"""`verify --http`: leaks that requests show, on a copy; a target that is only read."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from setterbase.errors import TargetError
from setterbase.platform import cluster, processes
from setterbase.prover.rest import copy, run
from setterbase.prover.verdict import Kind, Report
from setterbase.target import Target
from tests.prover import corpus
from tests.support import scratch
from tests.support.api import Api
from tests.support.command import setterbase
from tests.support.servers import Database, Grants, Server

pytestmark = [pytest.mark.slow, pytest.mark.legs(18)]

HIDDEN = """
create table public.countries (code text primary key);
grant select on public.countries to anon;
create schema backroom;
create table backroom.notes (id integer primary key, user_id uuid references auth.users, body text);
create function backroom.note_count() returns bigint language sql stable
as 'select count(*) from backroom.notes';
grant usage on schema backroom to anon, authenticated;
grant select on backroom.notes to anon, authenticated;
grant execute on function backroom.note_count() to anon, authenticated;
"""
ORG = (Path(corpus.__file__).parent / "preludes/org.sql").read_text(encoding="utf-8")
# Asked for inside a row, it is given that row: no caller of /rpc/ would think of it.
RIVALS = """
create table public.deals (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references public.orgs,
  title text
);
alter table public.deals enable row level security;
grant select on public.deals to authenticated;
create policy deals_read on public.deals for select to authenticated
using (org_id = any ((select public.my_orgs())::uuid[]));
create function public.rivals(public.deals) returns setof public.deals
language sql stable security {security} set search_path = ''
as 'select d.* from public.deals as d where d.id <> $1.id';
grant execute on function public.rivals(public.deals) to authenticated;
"""
# Without a name for its one argument, the body of the request is that argument.
NAMELESS = """
create table public.notes (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users,
  body text not null
);
alter table public.notes enable row level security;
create policy own on public.notes for select to authenticated using (user_id = auth.uid());
grant select on public.notes to authenticated;
create function public.note_of(json) returns text
language sql stable security {security} set search_path = ''
as 'select body from public.notes where id = ($1 ->> ''id'')::uuid';
revoke execute on function public.note_of(json) from public, anon;
grant execute on function public.note_of(json) to authenticated;
"""


@pytest.fixture
def target(server: Server, grants: Grants) -> Iterator[Database]:
    """A fresh project of the test's own, where the schema can be committed."""
    database = server.clone(server.bare(grants))
    yield database
    server.drop(database)


def made(database: Database, schema: str) -> Target:
    with database.connect() as connection:
        connection.execute(schema.encode())
    return Target("option", database.url())


def found(report: Report, kind: Kind = Kind.LEAK) -> set[tuple[str, str]]:
    return {(v.object, v.command) for v in report.of(kind)}


def pasted(report: Report, label: str, command: str) -> list[str]:
    """What a shell answers to the witness of each leak of this kind, and what it was to show."""
    leaks = [v for v in report.of(Kind.LEAK) if (v.object, v.command) == (label, command)]
    answers = []
    for leak in leaks:
        assert leak.witness is not None
        done = subprocess.run(
            ["bash", "-c", leak.witness.sql], capture_output=True, text=True, check=True, timeout=30
        )
        answers.append(done.stdout)
    return answers


def test_the_witness_shows_the_row_in_a_shell(target: Database) -> None:
    case = next(c for c in corpus.cases() if c.name == "using_true")
    with run.proof(made(target, case.bad)) as report:
        answers = pasted(report, "public.deals", "http select")
        rows = [v.witness.row for v in report.of(Kind.LEAK) if v.witness is not None]
    assert answers
    for answer, row in zip(answers, rows, strict=True):
        key = row.split("id=")[1].split()[0].strip(",'")
        assert key in {told["id"] for told in json.loads(answer)}


def test_a_function_of_a_row_is_asked_for_inside_that_row(target: Database) -> None:
    address = made(target, ORG + RIVALS.format(security="definer"))
    with run.proof(address) as report:
        assert ("public.rivals(public.deals)", "http embed") in found(report)
        answers = pasted(report, "public.rivals(public.deals)", "http embed")
        assert answers
        assert all('"rivals":' in answer for answer in answers)
    with target.connect() as connection:
        connection.execute("alter function public.rivals(public.deals) security invoker")
    with run.proof(address) as report:
        assert found(report) == set()


def test_steps_that_build_on_each_other_are_pasted_in_their_order(target: Database) -> None:
    case = next(c for c in corpus.cases() if c.name == "accept_for_the_other")
    with run.proof(made(target, case.bad)) as report:
        answers = pasted(report, "public.friendships", "http accept")
        shown = [v.witness for v in report.of(Kind.LEAK) if v.witness is not None]
    assert answers
    for answer, witness in zip(answers, shown, strict=True):
        asked, accepted, read = witness.sql.splitlines()
        assert "-X POST" in asked
        assert "-X PATCH" in accepted
        assert "/statuses?select=" in read
        assert f'"id":"{witness.row.split("id=")[1].split(",")[0]}"' in answer


def test_an_argument_without_a_name_is_the_body(target: Database) -> None:
    address = made(target, NAMELESS.format(security="definer"))
    with run.proof(address) as report:
        assert ("public.note_of(json)", "http execute") in found(report)
        assert all(
            "zq" in answer for answer in pasted(report, "public.note_of(json)", "http execute")
        )
    with target.connect() as connection:
        connection.execute("alter function public.note_of(json) security invoker")
    with run.proof(address) as report:
        assert found(report) == set()
        asked = {v.verdict for v in report.verdicts if v.object == "public.note_of(json)"}
        assert Kind.ISOLATED in asked


def test_what_the_api_does_not_serve_is_unreachable(target: Database) -> None:
    address = made(target, HIDDEN)
    serve(target, "public")
    with run.proof(address) as report:
        assert {v.verdict for v in report.verdicts if v.object.startswith("backroom.")} == {
            Kind.UNREACHABLE
        }
    serve(target, "public, backroom")
    with run.proof(address) as report:
        assert ("backroom.notes", "http select") in found(report)
        assert ("backroom.note_count()", "http execute") not in found(report, Kind.UNREACHABLE)


def serve(database: Database, schemas: str) -> None:
    with database.connect("supabase_admin") as connection:
        connection.execute(
            f"alter role authenticator in database {database.name} "
            f"set pgrst.db_schemas = '{schemas}'".encode()
        )


def test_the_target_keeps_its_rows_and_lends_none(target: Database) -> None:
    case = next(c for c in corpus.cases() if c.name == "definer_truncate")
    address = made(target, case.bad)
    with target.connect() as connection:
        connection.execute("insert into public.orgs (name) values ('a real customer')")
    with run.proof(address) as report:
        assert report.undone == "in a copy of the schema that is gone"
        with target.connect() as connection:
            names = connection.execute("select name from public.orgs").fetchall()
        assert names == [("a real customer",)]
        assert "a real customer" not in "".join(
            v.witness.row for v in report.verdicts if v.witness is not None
        )


def test_a_schema_that_cannot_be_rebuilt_is_said(target: Database) -> None:
    with target.connect("supabase_admin") as connection:
        connection.execute("create table auth.extra (id integer primary key)")
        connection.execute("grant references on auth.extra to postgres")
        connection.execute("create table public.t (id integer references auth.extra)")
        connection.execute("grant all on public.t to postgres, anon")
    with pytest.raises(TargetError, match=r"cannot be rebuilt .*auth\.extra"):  # noqa: SIM117
        with run.proof(Target("option", target.url())):
            pytest.fail("the copy has only the platform's own tables in auth")


def test_an_api_that_answers_nobody_proves_nothing(target: Database) -> None:
    case = next(c for c in corpus.cases() if c.name == "using_true")
    address = made(target, case.mended)
    with target.connect("supabase_admin") as connection:
        connection.execute(
            f"alter role authenticator in database {target.name} "
            "set pgrst.db_pre_request = 'public.nowhere'".encode()
        )
    with pytest.raises(TargetError, match=r"refused every request: .*public\.nowhere"):  # noqa: SIM117
        with run.proof(address):
            pytest.fail("nothing was asked")


def test_an_empty_project_is_called_by_its_name(target: Database) -> None:
    with pytest.raises(TargetError, match=f"^{target.name} has no table"):  # noqa: SIM117
        with run.proof(Target("option", target.url())):
            pytest.fail("there is nothing to ask")


def test_who_may_not_read_the_schema_is_told_who_may(target: Database) -> None:
    case = next(c for c in corpus.cases() if c.name == "using_true")
    made(target, case.bad)
    told = setterbase(target.url("authenticator"), "verify", "--http", code=6)
    assert "Connect as `postgres`" in told.stderr


@pytest.fixture
def parent() -> Iterator[Path]:
    """A folder for temporary folders, which the account of the copy's server may pass."""
    folder = scratch.folder("setterbase-held-")
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_however_it_ends_the_copy_goes(
    target: Database, parent: Path, number: signal.Signals
) -> None:
    case = next(c for c in corpus.cases() if c.name == "using_true")
    made(target, case.bad)
    command = [str(Path(sys.executable).with_name("setterbase")), "verify", "--http", "--hold"]
    started = subprocess.Popen(
        [*command, "--db-url", target.url()],
        env={**os.environ, "TMPDIR": str(parent)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert started.stderr is not None
    for line in started.stderr:
        if b"Press Enter" in line:
            break
    (folder,) = parent.glob("setterbase-copy-*")
    started.send_signal(number)
    started.communicate(timeout=30)
    if number is signal.SIGKILL:
        assert processes.of_cluster(folder / "data", cluster.name_of(folder / "data"))
        assert processes.given(folder / "postgrest.conf")
        with copy.yard(parent):  # the next run tidies up after it
            pass
    else:
        assert started.returncode == 128 + number
    assert not list(parent.glob("setterbase-copy-*"))
    assert not processes.of_cluster(folder / "data", cluster.name_of(folder / "data"))
    assert not processes.given(folder / "postgrest.conf")


def test_the_command(target: Database) -> None:
    case = next(c for c in corpus.cases() if c.name == "using_true")
    made(target, case.bad)
    told = setterbase(target.url(), "verify", "--http", code=1)
    assert "paste into a shell, while --hold keeps the copy:" in told.stdout
    assert "in a copy of the schema that is gone" in told.stdout
    held = setterbase(target.url(), "verify", "--http", "--hold", code=1, stdin=b"\n")
    assert "Press Enter" in held.stderr


def test_ours_on_the_embedded_platform(api: Api) -> None:
    with api.db() as connection:
        before = _counts(connection)
    told = setterbase(api.db_url, "verify", "--http", "--output", "json")
    result = json.loads(told.stdout)
    kinds = {v["verdict"] for v in result["verdicts"]}
    assert kinds <= {"ISOLATED", "UNREACHABLE", "PUBLIC BY DESIGN"}
    asked = {v["object"] for v in result["verdicts"] if v["verdict"] == "ISOLATED"}
    assert {"public.leads", "public.messages", "public.coachs"} <= asked
    with api.db() as connection:
        assert _counts(connection) == before


def _counts(connection: psycopg.Connection[tuple[object, ...]]) -> dict[object, object]:
    tables = ("auth.users", "public.coachs", "public.leads", "public.messages")
    return {
        table: connection.execute(f"select count(*) from {table}".encode()).fetchone()
        for table in tables
    }
