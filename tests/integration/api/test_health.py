"""GET /functions/v1/health on the real platform, as an uptime monitor asks: without any key."""

from __future__ import annotations

import time

import httpx
import pytest

from tests.support.api import Api
from tests.support.events import add_coach

pytestmark = pytest.mark.slow

RUN = """
insert into private.job_runs (job_name, started_at, finished_at, succeeded_at, failures)
values ('setterbase_refresh_kpis', now(), now(), now(), %(failures)s)
on conflict (job_name) do update set failures = excluded.failures, succeeded_at = now()
"""


def ask(api: Api, status: int) -> httpx.Response:
    """The answer, once it has that status: for two seconds it is an earlier one."""
    for _ in range(40):
        answer = httpx.get(f"{api.url}/functions/v1/health", timeout=30)
        if answer.status_code == status and answer.json()["checks"]["jobs"] != "degraded":
            return answer
        time.sleep(0.1)
    raise AssertionError(answer.text)


def test_a_stranger_reads_words(api: Api) -> None:
    with api.db() as db:
        add_coach(db)
        db.execute("select private.refresh_kpis()")
        db.execute(RUN, {"failures": 0})
    answer = ask(api, 200)
    body = answer.json()
    assert set(body) == {"status", "checked_at", "checks"}
    assert body["checks"]["database"] == body["checks"]["kpis"] == body["checks"]["jobs"] == "ok"
    assert answer.headers["cache-control"] == "no-store"
    for secret in (api.secret_key, api.names["SERVICE_ROLE_KEY"], api.names["JWT_SECRET"]):
        assert secret not in answer.text + str(answer.headers)

    with api.db() as db:
        db.execute(RUN, {"failures": 1})
    assert ask(api, 503).json()["checks"]["jobs"] == "failing"
    with api.db() as db:
        db.execute(RUN, {"failures": 0})


def test_the_function_itself_is_for_the_secret_key(api: Api) -> None:
    url = f"{api.url}/rest/v1/rpc/health"
    told = httpx.post(url, headers={"apikey": api.secret_key}, json={})
    assert told.json()["status"] in ("ok", "degraded", "failing"), told.text
    refused = httpx.post(url, headers={"apikey": api.publishable_key}, json={})
    assert (refused.status_code, refused.json()["code"]) == (401, "42501")
