"""`setterbase coach` from outside."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.support import auth_api
from tests.support.auth_api import SECRET, SITE, AuthApi
from tests.support.command import Answer, setterbase
from tests.support.servers import Database

pytestmark = pytest.mark.legs(18)

CAMILLE = (
    *("--email", "camille@exemple.fr", "--name", "Camille Laurent"),
    *("--specialty", "Perte de poids"),
)
LINK = re.compile(r"https://project\.exemple\.fr/\S+")


class Project:
    """The command, pointed at a database and its admin API."""

    def __init__(self, api: AuthApi) -> None:
        self.api = api

    def __call__(self, *words: str | Path, code: int = 0, stdin: bytes = b"") -> Answer:
        url = self.api.database.url()
        environment = self.api.environment
        done = setterbase(url, "coach", *words, code=code, stdin=stdin, **environment)
        assert SECRET not in done.stdout + done.stderr
        assert not LINK.search(done.stderr)
        return done

    def json(self, *words: str | Path) -> Any:
        return json.loads(self(*words, "--output", "json").stdout)

    def one(self, statement: str) -> Any:
        with self.api.database.connect() as db:
            row = db.execute(statement.encode()).fetchone()
        assert row is not None
        return row[0]


@pytest.fixture
def coach(clone: Database) -> Iterator[Project]:
    """`setterbase coach` on a project of the test's own."""
    with auth_api.serve(clone) as api:
        yield Project(api)


def test_create_shows_the_link_once(coach: Project) -> None:
    done = coach("create", *CAMILLE)
    assert len(LINK.findall(done.stdout)) == 1
    assert "created  camille@exemple.fr" in done.stdout
    again = coach("create", *CAMILLE)
    assert not LINK.search(again.stdout)
    assert "is a coach already; nothing was changed" in again.stderr


def test_create_for_a_program(coach: Project) -> None:
    made = coach.json("create", *CAMILLE, "--timezone", "UTC")
    assert set(made) == {
        *("result", "email", "coach_id", "name", "timezone", "magic_link", "reason"),
    }
    assert (made["result"], made["timezone"]) == ("created", "UTC")
    assert UUID(made["coach_id"]) == coach.one("select id from public.coachs")
    assert LINK.fullmatch(made["magic_link"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "--email, --name, --specialty are missing. A coach has all three"),
        (CAMILLE[:4], "--specialty is missing."),
        ((*CAMILLE[:2], "--from", "x.csv"), "--email names one coach and --from many: choose."),
        (("--from", "nowhere.csv"), "cannot read nowhere.csv: No such file or directory."),
        # A shell hands on whatever was typed, in whatever encoding.
        ((*CAMILLE, "--name", "Ren\udce9"), "name: holds a character that cannot be stored."),
        ((*CAMILLE, "--email", "ren\udce9@x.fr"), "@x.fr' is no e-mail address."),
        ((*CAMILLE, "--timezone", "Mars"), "timezone: is no time zone, such as Europe/Paris."),
    ],
)
def test_words_that_are_off(coach: Project, words: tuple[str, ...], told: str) -> None:
    assert told in coach("create", *words, code=2).stderr
    assert coach.one("select count(*) from auth.users") == 0


def test_an_address_that_is_not_allowed(coach: Project) -> None:
    done = coach("create", *CAMILLE, "--redirect-to", "https://elsewhere.com/")
    assert f"does not allow https://elsewhere.com/; the link leads to {SITE}." in done.stderr


def roster(folder: Path, *lines: str) -> Path:
    path = folder / "coaches.csv"
    path.write_text("\n".join(["email,name,specialty,timezone", *lines]))
    return path


def test_many_from_a_file(coach: Project, tmp_path: Path) -> None:
    path = roster(tmp_path, "a@x.fr,Ana,Yoga,", "b@x.fr,,Yoga,", "c@x.fr,Cléo,Trail,UTC")
    done = coach("create", "--from", path, "--output", "csv", code=4)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["line"], row["result"], row["email"], row["reason"]) for row in rows] == [
        ("2", "created", "a@x.fr", ""),
        ("3", "refused", "b@x.fr", "name: is missing"),
        ("4", "created", "c@x.fr", ""),
    ]
    assert [bool(LINK.fullmatch(row["magic_link"])) for row in rows] == [True, False, True]
    assert "3 lines: 2 created, 0 existing, 1 refused" in done.stderr
    assert "1 of 3 coaches were refused. Mend those lines and run it again" in done.stderr
    path = roster(tmp_path, "a@x.fr,Ana,Yoga,", "b@x.fr,Bo,Yoga,", "c@x.fr,Cléo,Trail,UTC")
    again = coach("create", "--from", path)
    assert "3 lines: 1 created, 2 existing, 0 refused" in again.stderr
    assert len(LINK.findall(again.stdout)) == 1
    assert coach.one("select count(*) from public.coachs") == 3


def test_many_on_a_project_that_is_down(coach: Project, tmp_path: Path) -> None:
    coach.api.failures = {"tenants": ["lose"]}
    path = roster(tmp_path, "a@x.fr,Ana,Yoga,")
    assert "API does not answer" in coach("create", "--from", path, code=6).stderr
    assert coach.api.calls == ["tenants"]


def test_list_and_show(coach: Project) -> None:
    assert "There is no coach yet" in coach("list").stdout
    made = coach.json("create", *CAMILLE)
    coach("invite-member", made["coach_id"], "--email", "sam@x.fr", "--role", "viewer")
    assert coach.json("list") == [
        {
            "id": made["coach_id"],
            "name": "Camille Laurent",
            "specialty": "Perte de poids",
            "email": "camille@exemple.fr",
            "timezone": "Europe/Paris",
            "status": "active",
            "owners": ["camille@exemple.fr"],
            "members": 2,
            "leads": 0,
            "created_at": coach.json("list")[0]["created_at"],
        }
    ]
    rows = list(csv.DictReader(io.StringIO(coach("list", "--output", "csv").stdout)))
    assert rows[0]["owners"] == "camille@exemple.fr"
    assert "Camille Laurent  camille@exemple.fr  active" in coach("list").stdout
    shown = coach.json("show", "CAMILLE@exemple.fr")
    assert [(p["email"], p["role"], p["active"]) for p in shown["people"]] == [
        ("camille@exemple.fr", "owner", True),
        ("sam@x.fr", "viewer", True),
    ]
    assert "sam@x.fr            viewer  active  never" in coach("show", made["coach_id"]).stdout
    assert "no coach has the e-mail who@x.fr" in coach("show", "who@x.fr", code=2).stderr


def test_disable_and_enable(coach: Project) -> None:
    coach("create", *CAMILLE)
    coach.one("insert into auth.sessions (id, user_id) select id, id from auth.users returning 1")
    done = coach("disable", "camille@exemple.fr")
    assert done.stderr == "Camille Laurent <camille@exemple.fr> is disabled; sessions ended: 1.\n"
    assert coach.one("select active from public.memberships") is False
    assert "is disabled already" in coach("disable", "camille@exemple.fr").stderr
    assert "is active again" in coach("enable", "camille@exemple.fr").stderr
    assert coach.one("select active from public.memberships") is True
    assert "is active already" in coach("enable", "camille@exemple.fr").stderr


def test_link_and_roles(coach: Project) -> None:
    coach.one("insert into public.coachs (name, email) values ('Old', 'old@x.fr') returning 1")
    done = coach("link", "old@x.fr", "--user", "new@x.fr")
    assert "new@x.fr is now owner of Old <old@x.fr>." in done.stderr
    assert len(LINK.findall(done.stdout)) == 1
    again = coach.json("link", "old@x.fr", "--user", "new@x.fr")
    assert (again["result"], again["magic_link"]) == ("existing", None)
    told = coach("set-role", "old@x.fr", "--user", "new@x.fr", "--role", "admin", code=2).stderr
    assert "new@x.fr is the last owner of old@x.fr." in told
    coach("invite-member", "old@x.fr", "--email", "sam@x.fr", "--role", "owner")
    done = coach("set-role", "old@x.fr", "--user", "new@x.fr", "--role", "admin")
    assert "new@x.fr is admin of old@x.fr, no longer owner." in done.stderr
    assert (
        "already" in coach("set-role", "old@x.fr", "--user", "new@x.fr", "--role", "admin").stderr
    )


def test_delete_asks_exports_and_deletes(coach: Project, tmp_path: Path) -> None:
    coach("create", *CAMILLE)
    told = coach("delete", "camille@exemple.fr", code=2).stderr
    assert "1 of public.coachs, 1 of public.coach_settings" in told
    assert "accounts that go: camille@exemple.fr. Say `--yes` to go on." in told
    assert coach.one("select count(*) from public.coachs") == 1
    to = tmp_path / "camille"
    done = coach("delete", "camille@exemple.fr", "--yes", "--export-to", to)
    assert done.stdout == ""
    assert "Camille Laurent <camille@exemple.fr> is deleted" in done.stderr
    assert json.loads((to / "public.coachs.json").read_text())[0]["name"] == "Camille Laurent"
    assert coach.one("select (select count(*) from auth.users) + count(*) from public.coachs") == 0


def test_a_deletion_whose_export_fails_deletes_nothing(coach: Project, tmp_path: Path) -> None:
    coach("create", *CAMILLE)
    (tmp_path / "taken").write_text("x")
    words = ("delete", "camille@exemple.fr", "--yes", "--export-to", tmp_path / "taken")
    assert "exists already" in coach(*words, code=2).stderr
    assert coach.one("select count(*) from public.coachs") == 1
    coach("delete", "camille@exemple.fr", "--yes", "--no-export")
    assert coach.one("select count(*) from public.coachs") == 0


def test_an_export_is_reported(coach: Project, tmp_path: Path) -> None:
    coach("create", *CAMILLE)
    done = coach("export", "camille@exemple.fr", "--to", tmp_path / "out", "--output", "json")
    rows = {table["table"]: table["rows"] for table in json.loads(done.stdout)}
    assert rows["public.coachs"] == rows["auth.users"] == 1
    assert f"rows of {len(rows)} tables are in {tmp_path / 'out'}." in done.stderr


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"SUPABASE_URL": ""}, "SUPABASE_URL is set, but empty."),
        ({"SUPABASE_SECRET_KEY": ""}, "the project's secret key is not set."),
        ({"SUPABASE_SECRET_KEY": "sb_publishable_x"}, "is a publishable one."),
        ({"SUPABASE_URL": "exemple.fr"}, "SUPABASE_URL 'exemple.fr' is no address."),
    ],
)
def test_a_project_that_is_named_by_half(
    coach: Project, environment: dict[str, str], told: str
) -> None:
    there = coach.api.environment | {"SUPABASE_SERVICE_ROLE_KEY": ""} | environment
    done = setterbase(coach.api.database.url(), "coach", "create", *CAMILLE, code=2, **there)
    assert told in done.stderr


def test_a_legacy_key(coach: Project) -> None:
    there = coach.api.environment | {"SUPABASE_SECRET_KEY": "", "SUPABASE_SERVICE_ROLE_KEY": SECRET}
    setterbase(coach.api.database.url(), "coach", "create", *CAMILLE, **there)
    assert coach.one("select count(*) from public.coachs") == 1
