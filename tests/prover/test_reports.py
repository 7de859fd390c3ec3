"""The forms of the report, the exit codes, and what the owner may declare."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from psycopg import sql
from typer.testing import CliRunner

from setterbase.errors import TargetError, UsageError
from setterbase.main import app
from setterbase.prover import config, prove
from setterbase.prover.report import Form, render
from setterbase.prover.verdict import AxisLine, Kind, Report, Verdict
from tests.support.servers import Connection, Database

NOTES = """
create table public.notes (id integer primary key, user_id uuid references auth.users, body text);
create table public.holidays (day date primary key, name text);
grant select on public.notes, public.holidays to authenticated;
"""


@pytest.mark.legs(18)
def test_json_has_the_contract(blank: Connection) -> None:
    blank.execute(NOTES)
    told = json.loads(render(prove.run(blank), Form.json))
    assert set(told) == {"summary", "axes", "verdicts"}
    leak = next(v for v in told["verdicts"] if v["verdict"] == "LEAK")
    assert set(leak) == {"object", "kind", "command", "identity", "verdict", "reason", "witness"}
    assert set(leak["witness"]) == {"sql", "row"}
    assert leak["object"] == "public.notes"
    assert told["summary"]["verdicts"]["LEAK"] > 0


@pytest.mark.legs(18)
def test_the_other_forms_parse_and_name_the_leak(blank: Connection) -> None:
    blank.execute(NOTES)
    report = prove.run(blank)
    suite = ElementTree.fromstring(render(report, Form.junit))
    assert int(suite.attrib["failures"]) == len(report.of(Kind.LEAK))
    sarif = json.loads(render(report, Form.sarif))
    assert sarif["version"] == "2.1.0"
    results = sarif["runs"][0]["results"]
    assert {r["ruleId"] for r in results} == {"isolation/leak"}
    prints = [r["partialFingerprints"]["object/v1"] for r in results]
    assert len(prints) == len(set(prints))
    assert "### LEAK: `public.notes` select" in render(report, Form.markdown)
    screen = render(report, Form.table)
    assert screen.startswith("LEAK: 1 objects")
    assert "paste into psql" in screen


def test_a_project_of_many_tables_still_fits_a_screen() -> None:
    tables = [f"public.t{n}" for n in range(90)]
    report = Report(
        database="big",
        role="postgres",
        version=180004,
        schemas=("public",),
        schemas_why="asked for",
        axes=[AxisLine(t, "column", ("org_id",), f"org_id: foreign key {t}_fkey") for t in tables],
        verdicts=[
            Verdict(f"public.f{n}(p_id uuid)", "function", "execute", "anon", Kind.LEAK, "returns")
            for n in range(20)
        ],
        attempts=1,
    )
    screen = render(report, Form.table)
    headline, *_ = screen.splitlines()
    assert headline.startswith("LEAK: 20 objects let tenants reach each other: public.f0, ")
    assert headline.endswith(", …")
    assert len(headline) < 250
    axes = screen.split("Whose rows they are")[1].split("\n\n")[0].splitlines()
    assert "  column org_id (90)" in axes
    assert len(axes) < 20
    assert set(" ".join(axes[2:]).replace(",", "").split()) == set(tables)


@pytest.mark.legs(18)
def test_an_owner_declares_what_is_public(blank: Connection) -> None:
    blank.execute(NOTES)
    declared = config.Config(public={"public.notes": "a wall for everyone"})
    report = prove.run(blank, settings=declared)
    assert report.exit_code() == 0
    public = next(v for v in report.verdicts if v.object == "public.notes")
    assert public.verdict is Kind.PUBLIC
    assert "a wall for everyone" in public.reason


@pytest.mark.legs(18)
def test_an_object_says_so_in_its_comment(blank: Connection) -> None:
    blank.execute(NOTES)
    blank.execute("comment on table public.notes is 'Notes. @public: a wall for everyone'")
    assert prove.run(blank).exit_code() == 0


@pytest.mark.legs(18)
def test_an_axis_is_overridden(blank: Connection) -> None:
    blank.execute(NOTES)
    report = prove.run(blank, settings=config.Config(axes={"public.notes": "none"}))
    assert not report.has_axis
    assert report.exit_code() == 0


@pytest.mark.legs(18)
def test_an_unknown_name_is_a_usage_error(blank: Connection) -> None:
    blank.execute(NOTES)
    with pytest.raises(UsageError, match="no_such"):
        prove.run(blank, settings=config.Config(public={"public.no_such": "x"}))


def serve(connection: Connection, schemas: str, database: str | None = None) -> None:
    where = sql.Identifier(database or connection.info.dbname)
    connection.execute(
        sql.SQL("alter role authenticator in database {} set pgrst.db_schemas = {}").format(
            where, sql.Literal(schemas)
        )
    )


@pytest.mark.legs(18)
def test_a_schema_of_the_api_that_is_not_there_is_said(blank: Connection) -> None:
    blank.execute(NOTES)
    serve(blank, "public, api, graphql_public")
    report = prove.run(blank)
    assert report.schemas == ("public",)
    assert [w for w in report.warnings if w.startswith("pgrst.db_schemas names api, and no")]
    assert "! pgrst.db_schemas names api, and no such schema exists" in render(report, Form.table)
    assert not prove.run(blank, schemas=("public",)).warnings


@pytest.mark.legs(18)
def test_an_api_of_schemas_that_are_not_there_is_no_proof(blank: Connection) -> None:
    blank.execute(NOTES)
    serve(blank, "api")
    with pytest.raises(TargetError) as refused:
        prove.run(blank)
    assert refused.value.hint == (
        "pgrst.db_schemas names api, and no such schema exists: mend the setting."
    )


@pytest.mark.legs(18)
def test_what_the_api_of_another_database_serves_is_not_asked(blank: Connection) -> None:
    blank.execute(NOTES)
    serve(blank, "api", "postgres")
    report = prove.run(blank)
    assert report.schemas == ("public",)
    assert not report.warnings


def test_a_config_that_says_nonsense_is_a_usage_error(tmp_path: Path) -> None:
    path = tmp_path / "verify.toml"
    path.write_text("tables = 1")
    with pytest.raises(UsageError, match="means nothing"):
        config.read(path)


@pytest.mark.legs(18)
def test_the_command_exits_with_the_verdict(bare: Database) -> None:
    runner = CliRunner()
    with bare.connect() as connection:
        connection.execute(NOTES)
    told = runner.invoke(app, ["verify", "--db-url", bare.url(), "--output", "json"])
    assert told.exit_code == 1
    with bare.connect() as connection:
        connection.execute("alter table public.notes enable row level security")
    told = runner.invoke(app, ["verify", "--db-url", bare.url()])
    assert told.exit_code == 0, told.output
    assert told.output.startswith("ISOLATED")
    assert runner.invoke(app, ["verify", "--config", "/no/such"]).exit_code != 0


@pytest.mark.legs(18)
def test_the_verdict_is_saved_in_every_form_at_once(bare: Database, tmp_path: Path) -> None:
    runner = CliRunner()
    with bare.connect() as connection:
        connection.execute(NOTES)
    names = ["v.xml", "v.sarif", "v.json", "v.md", "v.txt"]
    files = [word for name in names for word in ("--save", str(tmp_path / name))]
    told = runner.invoke(app, ["verify", "--db-url", bare.url(), *files])
    assert told.exit_code == 1
    saved = {name: (tmp_path / name).read_text(encoding="utf-8") for name in names}
    assert saved["v.txt"] == told.stdout
    assert ElementTree.fromstring(saved["v.xml"]).tag == "testsuite"
    assert json.loads(saved["v.sarif"])["version"] == "2.1.0"
    assert json.loads(saved["v.json"])["summary"]["verdicts"]["LEAK"] > 0
    assert saved["v.md"].startswith("## Tenant isolation")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--save", "verdict.html"], "does not say which form"),
        (["--save", "no/such/folder/v.xml"], "there is no folder"),
        (["--save", "v.xml", "--mutants"], "--mutants gives none"),
    ],
)
def test_a_file_that_cannot_be_is_told_before_the_attack(words: list[str], said: str) -> None:
    told = CliRunner().invoke(app, ["verify", "--db-url", "postgresql://no.where", *words])
    assert isinstance(told.exception, UsageError)
    assert said in str(told.exception)
