"""`setterbase doctor` from outside: what it says, its exit code, and what it never says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from setterbase.doctor.catalogue import CHECKS
from tests.support.command import setterbase
from tests.support.homes import Homes
from tests.support.servers import Database

pytestmark = pytest.mark.legs(18)

UNREACHED = "postgresql://postgres:hush@127.0.0.1:1/postgres"


def told(url: str, code: int = 0, **environment: Any) -> dict[str, dict[str, Any]]:
    answer = setterbase(url, "doctor", "--output", "json", code=code, **environment)
    assert "hush" not in answer.stdout + answer.stderr
    results = json.loads(answer.stdout)
    assert [result["check"] for result in results] == [check.name for check in CHECKS]
    return {result["check"]: result for result in results}


def test_from_well_to_ill(bare: Database) -> None:
    url = bare.url()
    setterbase(url, "migrate", "up")
    well = told(url)
    api = {check.name for check in CHECKS if "api" in check.needs}
    assert {name for name, result in well.items() if result["verdict"] == "unseen"} == api
    assert well["secret_key"]["why"] == "SUPABASE_URL is not set"
    assert {name for name, result in well.items() if result["verdict"] == "warning"} == {"jobs"}

    with bare.connect(autocommit=True) as db:
        db.execute("alter table public.leads disable row level security")
    ill = told(url, code=1)["row_level_security"]
    (finding,) = ill["findings"]
    assert ill["verdict"] == finding["verdict"] == "problem"
    assert "alter table public.leads enable row level security" in finding["mend"]
    shown = setterbase(url, "doctor", code=1).stdout
    assert "problem  row_level_security" in shown
    assert f"→ {finding['mend']}" in shown
    assert f"{len(CHECKS)} checks: " in shown
    assert "1 with a problem" in shown
    assert f"{len(api)} not looked at." in shown


def test_a_database_without_our_schema(bare: Database) -> None:
    results = told(bare.url(), code=1)
    assert results["migrations"]["verdict"] == "problem"
    assert results["triggers"]["why"] == "there is no Setterbase schema, or an older one"
    assert results["roles"]["verdict"] == "ok"


def test_a_database_that_does_not_answer() -> None:
    keys = {"SUPABASE_SECRET_KEY": "sb_publishable_hush", "SUPABASE_URL": "http://127.0.0.1:1"}
    results = told(UNREACHED, code=1, **keys)
    (finding,) = results["database"]["findings"]
    assert "127.0.0.1, port 1: Connection refused" in finding["what"]
    assert results["roles"]["why"] == "the database does not answer"
    assert results["keys"]["verdict"] == "problem"
    assert results["secret_key"]["why"].startswith("the API does not answer: ")


def test_outside_of_a_project(
    bare: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "no project's folder" in told(bare.url())["migrations"]["why"]


def test_who_may_look_at_less(bare: Database) -> None:
    setterbase(bare.url(), "migrate", "up")
    results = told(bare.url("authenticator"))
    assert "this role may not look" in results["freshness"]["why"]
    assert "is that of authenticator" in results["server"]["findings"][0]["what"]


@pytest.mark.slow
def test_a_platform_that_is_down_stays_so(homes: Homes) -> None:
    home = homes()
    answer = home.run("doctor", code=1)
    assert "the embedded platform is not running." in answer.stdout
    assert "Start it with `setterbase up`." in answer.stdout
    assert home.status().state == "absent"
