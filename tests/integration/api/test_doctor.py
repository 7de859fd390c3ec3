"""The doctor before a real platform: well, its keys swapped, `private` exposed, elsewhere."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from setterbase.platform import embedded
from tests.support.api import Api
from tests.support.command import setterbase
from tests.support.servers import Database

pytestmark = pytest.mark.slow

API_CHECKS = (
    "keys",
    "urls",
    "secret_key",
    "publishable_key",
    "exposed_schemas",
    "same_project",
    "functions",
    "clock",
)


def told(api: Api, code: int = 0, **changed: str) -> dict[str, dict[str, Any]]:
    environment: dict[str, Any] = {**api.environment(), **changed}
    url = environment.pop("DATABASE_URL")
    words = ("doctor", "--output", "json")
    answer = setterbase(url, *words, code=code, **environment)
    for secret in (api.secret_key, api.publishable_key, api.db_url.split(":")[2].split("@")[0]):
        assert secret not in answer.stdout + answer.stderr
    return {result["check"]: result for result in json.loads(answer.stdout)}


def verdicts(results: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: results[name]["verdict"] for name in API_CHECKS}


@pytest.fixture(autouse=True)
def fresh(api: Api) -> None:
    with api.db() as db:
        db.execute("select private.refresh_kpis()")
        db.execute("update private.job_runs set failures = 0, error = null")


def test_a_platform_that_is_well(api: Api) -> None:
    assert verdicts(told(api)) == dict.fromkeys(API_CHECKS, "ok")
    # The embedded platform knows its own keys.
    found = json.loads(api.home.run("doctor", "--output", "json").stdout)
    assert verdicts({result["check"]: result for result in found}) == dict.fromkeys(
        API_CHECKS, "ok"
    )


def test_keys_in_each_others_place(api: Api) -> None:
    found = told(
        api,
        code=1,
        SUPABASE_SECRET_KEY=api.publishable_key,
        SUPABASE_PUBLISHABLE_KEY=api.secret_key,
    )
    assert len(found["keys"]["findings"]) == 2
    assert "may not read tenants" in found["secret_key"]["findings"][0]["what"]
    assert found["publishable_key"]["verdict"] in ("problem", "warning")


def test_keys_of_another_project(api: Api) -> None:
    found = told(
        api,
        code=1,
        SUPABASE_SECRET_KEY="sb_secret_" + "x" * 31,
        SUPABASE_PUBLISHABLE_KEY="sb_publishable_" + "x" * 31,
    )
    for name in ("secret_key", "publishable_key"):
        assert "refuses the key" in found[name]["findings"][0]["what"]
    assert found["exposed_schemas"]["verdict"] == "unseen"


@pytest.mark.legs(18)
def test_an_address_that_is_another_database(api: Api, bare: Database) -> None:
    setterbase(bare.url(), "migrate", "up")
    found = told(api, code=1, DATABASE_URL=bare.url())
    assert "two different databases" in found["same_project"]["findings"][0]["what"]


def test_a_private_schema_that_is_exposed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETTERBASE_HOME", str(api.home.folder))
    platform = embedded.superuser_url()

    def configure(change: str) -> None:
        with psycopg.connect(platform) as db:
            db.execute(f"alter role authenticator {change}".encode())
            db.execute("notify pgrst, 'reload config'")

    configure("set pgrst.db_schemas = 'public, private'")
    try:
        found = until(lambda: told(api, code=1), lambda seen: seen["exposed_schemas"]["findings"])
        assert [one["what"] for one in found["exposed_schemas"]["findings"]] == [
            "The API exposes the schema `private`."
        ]
        assert "exposes a schema that is private" in found["settings"]["findings"][0]["what"]
    finally:
        configure("reset pgrst.db_schemas")
    assert told(api)["settings"]["verdict"] == "ok"


def until(
    ask: Callable[[], dict[str, Any]], right: Callable[[dict[str, Any]], object]
) -> dict[str, Any]:
    """What is told once it is right: PostgREST takes a moment to read its settings again."""
    for _ in range(30):
        found = ask()
        if right(found):
            return found
        time.sleep(0.1)
    raise AssertionError(found)
