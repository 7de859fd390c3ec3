"""From `coach create` to a dashboard, on the real platform and with the real clients."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from postgrest import APIError
from supabase import Client

from tests.support import scratch
from tests.support.api import Api, somebody, started
from tests.support.command import setterbase
from tests.support.homes import Home
from tests.support.journeys import Function, events, follow, functions

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "correct horse 7"


@dataclass(frozen=True)
class Made:
    """A coach with a lead, and the link that nobody has followed yet."""

    coach_id: str
    email: str
    link: str
    lead_id: str


def command(api: Api, *words: str | Path, code: int = 0) -> Any:
    """`setterbase coach …`, its JSON."""
    environment: dict[str, Any] = api.environment()
    url = environment.pop("DATABASE_URL")
    done = setterbase(url, "coach", *words, "--output", "json", code=code, **environment)
    return json.loads(done.stdout)


def make(api: Api) -> Made:
    """A coach by the command, whose lead came as n8n sends it."""
    email = somebody()
    made = command(api, "create", "--email", email, "--name", "Ana", "--specialty", "Yoga")
    coach_id = made["coach_id"]
    n8n = api.admin()
    for event in events(coach_id):
        taken: Any = n8n.rpc("ingest_event", {"event": event}).execute().data
        assert taken["result"] == "accepted"
    with api.db() as db:
        db.execute("select private.refresh_kpis()")
        found = db.execute(
            "select id::text from public.leads where coach_id = %s", [coach_id]
        ).fetchone()
    assert found is not None
    return Made(coach_id, email, made["magic_link"], found[0])


def known(api: Api) -> list[Function]:
    with api.db() as db:
        return functions(db)


def signed_in(api: Api, coach: Made) -> Client:
    """A client of the coach, who set a password by the link and signed in with it."""
    tokens = follow(coach.link)
    assert tokens["type"] == "recovery"
    invited = api.visitor()
    invited.auth.set_session(tokens["access_token"], tokens["refresh_token"])
    invited.auth.update_user({"password": PASSWORD})
    invited.auth.sign_out()
    client = api.visitor()
    client.auth.sign_in_with_password({"email": coach.email, "password": PASSWORD})
    return client


def test_a_coach_with_supabase_py(api: Api) -> None:
    ana, zoe = make(api), make(api)
    client = signed_in(api, ana)
    assert client.rpc("current_coach_id").execute().data == ana.coach_id
    rows: Any = client.table("coach_dashboard_kpis").select("*").execute().data
    assert [(row["coach_id"], row["total_leads"], row["total_revenue"]) for row in rows] == [
        (ana.coach_id, 1, 900)
    ]
    for relation in ("coachs", "leads", "messages", "memberships", "kpi_daily"):
        column = "id" if relation == "coachs" else "coach_id"
        mine: Any = client.table(relation).select(column).execute().data
        assert {row[column] for row in mine} == {ana.coach_id}, relation
    for function in known(api):
        arguments = function.arguments(ana.lead_id)
        if function.takes_coach:
            arguments["coach_id"] = ana.coach_id
        client.rpc(function.name, arguments).execute()
        arguments = function.arguments(zoe.lead_id)
        if function.takes_coach:
            arguments["coach_id"] = zoe.coach_id
        elif "lead_id" not in arguments:
            continue
        if function.reads:
            answer: Any = client.rpc(function.name, arguments).execute().data
            assert zoe.coach_id not in json.dumps(answer), function.name
            assert "900" not in json.dumps(answer), function.name
            continue
        with pytest.raises(APIError) as refused:
            client.rpc(function.name, arguments).execute()
        assert refused.value.code == "PT404", function.name
    for name in ("ingest_event", "health"):
        with pytest.raises(APIError) as refused:
            client.rpc(name, {"event": {}} if name == "ingest_event" else {}).execute()
        assert refused.value.code == "42501"


def test_a_coach_with_supabase_js(api: Api) -> None:
    from deno import find_deno_bin

    ana, zoe = make(api), make(api)
    wanted = [f for f in known(api) if f.takes_coach or "lead_id" in f.required]
    asked = {
        "url": api.url,
        "key": api.publishable_key,
        "link": ana.link,
        "password": PASSWORD,
        "own": {"email": ana.email, "coach_id": ana.coach_id},
        "other": {"coach_id": zoe.coach_id},
        "functions": [
            {
                "name": function.name,
                **{
                    whose: {
                        **function.arguments(coach.lead_id),
                        **({"coach_id": coach.coach_id} if function.takes_coach else {}),
                    }
                    for whose, coach in (("own", ana), ("other", zoe))
                },
            }
            for function in wanted
        ],
    }
    npm = ROOT / "tests" / "npm"
    done = subprocess.run(
        [find_deno_bin(), "run", "-A", "--node-modules-dir=manual", str(npm / "journey.mjs")],
        cwd=npm,
        env={**os.environ, "NO_COLOR": "1"},
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["updated"] is None
    assert told["user"] == told["coach"]["data"] == ana.coach_id
    assert [row["coach_id"] for row in told["kpis"]["data"]] == [ana.coach_id]
    assert told["kpisOfTheOther"]["data"] == told["leadsOfTheOther"]["data"] == []
    assert (told["insert"]["status"], told["insert"]["code"]) == (403, "42501")
    assert (told["takeover"]["status"], told["takeover"]["code"]) == (403, "42501")
    for function in wanted:
        assert told["calls"][function.name]["status"] in (200, 204), function.name
        theirs = told["callsOnTheOther"][function.name]
        if function.reads:
            assert theirs["status"] == 200, function.name
            assert zoe.coach_id not in json.dumps(theirs["data"]), function.name
        else:
            assert (theirs["status"], theirs["code"]) == (404, "PT404"), function.name


def test_disabled_enabled_deleted(api: Api, tmp_path: Path) -> None:
    ana = make(api)
    client = signed_in(api, ana)
    session = client.auth.get_session()
    assert session
    environment: dict[str, Any] = api.environment()
    url = environment.pop("DATABASE_URL")

    def run(*words: str | Path) -> None:
        setterbase(url, "coach", *words, **environment)

    run("disable", ana.email)
    assert client.table("leads").select("*").execute().data == []
    with pytest.raises(Exception, match=r"[Rr]efresh"):
        api.visitor().auth.refresh_session(session.refresh_token)
    late = {**events(ana.coach_id)[1], "id": "late"}
    refused: Any = api.admin().rpc("ingest_event", {"event": late}).execute().data
    assert refused["result"] == "dead_letter"
    run("enable", ana.email)
    client = api.visitor()
    client.auth.sign_in_with_password({"email": ana.email, "password": PASSWORD})
    assert len(client.table("leads").select("*").execute().data) == 1
    run("delete", ana.email, "--yes", "--export-to", tmp_path / "ana")
    assert (tmp_path / "ana" / "manifest.json").exists()
    assert client.table("leads").select("*").execute().data == []
    with pytest.raises(Exception, match="Invalid login credentials"):
        api.visitor().auth.sign_in_with_password({"email": ana.email, "password": PASSWORD})


def test_nobody_becomes_a_coach_by_signing_up(api: Api) -> None:
    mark = {"setterbase_coach": {"name": "Eve", "specialty": "Theft"}}
    email = somebody()
    made = httpx.post(
        f"{api.url}/auth/v1/signup",
        headers={"apikey": api.publishable_key},
        json={"email": email, "password": PASSWORD, "data": mark, "app_metadata": mark,
              "raw_app_meta_data": mark},
    )  # fmt: skip
    assert made.status_code == 200, made.text
    token = made.json()["access_token"]
    httpx.put(
        f"{api.url}/auth/v1/user",
        headers={"apikey": api.publishable_key, "Authorization": f"Bearer {token}"},
        json={"data": mark, "app_metadata": mark},
    ).raise_for_status()
    with api.db() as db:
        assert db.execute("select from public.coachs where email = %s", [email]).rowcount == 0


def test_what_the_database_refuses_is_told_in_its_words(api: Api) -> None:
    made = httpx.post(
        f"{api.url}/auth/v1/admin/users",
        headers={"apikey": api.secret_key},
        json={"email": somebody(), "app_metadata": {"setterbase_coach": {"timezone": "Mars"}}},
    )
    assert made.status_code == 422, made.text
    assert made.json() == {
        "code": "PT422",
        "message": "name: is missing; timezone: is no time zone, such as Europe/Paris",
    }


@pytest.fixture
def newcomer() -> Iterator[Home]:
    """A project of which nothing runs yet."""
    folder = scratch.folder("setterbase-api-", on_disk=True)
    folder.chmod(0o755)
    home = Home(folder / "home", project=ROOT)
    yield home
    home.remove()
    shutil.rmtree(folder)


def test_without_configuration_it_is_the_embedded_platform(newcomer: Home) -> None:
    """The first `coach create` starts what it needs."""
    newcomer.run("migrate", "up")
    words = ("--email", "ana@x.fr", "--name", "Ana", "--specialty", "Yoga", "--output", "json")
    done = newcomer.run("coach", "create", *words)
    assert "Started the embedded platform" in done.stderr
    assert follow(json.loads(done.stdout)["magic_link"])["type"] == "recovery"
    assert "Ana" in newcomer.run("coach", "list").stdout


def test_a_proxy_of_the_office_is_not_asked_for_this_machine(newcomer: Home) -> None:
    """Neither by a command nor by an edge function, which asks the API it is part of."""
    newcomer.run("up")
    newcomer.run("down")  # what is fetched was fetched
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        newcomer.environment[name] = "http://127.0.0.1:9"
    api = started(newcomer)
    words = ("--email", somebody(), "--name", "Camille", "--specialty", "Sport")
    assert "sets a password here" in newcomer.run("coach", "create", *words).stdout
    made = httpx.post(
        f"{api.names['FUNCTIONS_URL']}/create-coach",
        headers={"apikey": api.secret_key},
        json={"email": somebody(), "name": "Camille", "specialty": "Sport"},
    )
    assert made.status_code == 201, made.text


def test_a_hundred_coaches_in_ten_seconds(api: Api, tmp_path: Path) -> None:
    """What is promised; 100 took 3.4 s, the start of the command included, on two busy cores."""
    file = tmp_path / "coaches.csv"
    lines = [f"{somebody()},Coach {number},Yoga" for number in range(100)]
    file.write_text("\n".join(["email,name,specialty", *lines]))
    began = time.perf_counter()
    made = command(api, "create", "--from", file)
    took = time.perf_counter() - began
    assert [outcome["result"] for outcome in made] == ["created"] * 100
    assert len({outcome["magic_link"] for outcome in made}) == 100
    assert took < 10
