"""What a project's answers mean; the answers are those of PostgREST and of Supabase's gateway."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import httpx
import pytest

from setterbase.doctor.api import Project
from setterbase.doctor.catalogue import CHECKS
from setterbase.doctor.examine import look
from setterbase.doctor.model import Result, Verdict, World
from setterbase.doctor.place import Key, Place

BY_NAME = {check.name: check for check in CHECKS}
KEYS = (
    Key("SUPABASE_SECRET_KEY", "secret", "sb_secret_hush"),
    Key("SUPABASE_ANON_KEY", "publishable", "eyJ.hush.hush"),
)
Given = Callable[[httpx.Request], httpx.Response]


def refusal(status: int, code: str) -> Given:
    """PostgREST's form; what it quotes is nobody's business."""
    return lambda _: httpx.Response(status, json={"code": code, "message": "hush"})


def plain(status: int, body: Any) -> Given:
    return lambda _: httpx.Response(status, json=body)


def silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("Connection refused", request=request)


def ask(check: str, given: Given, keys: tuple[Key, ...] = KEYS) -> Result:
    with httpx.Client(base_url="http://project", transport=httpx.MockTransport(given)) as client:
        world = World(Place(api_url="http://project", keys=keys), project=Project(client))
        result = look(BY_NAME[check], world)
    assert "hush" not in str(result)
    return result


@pytest.mark.parametrize(
    ("check", "given", "verdict", "words"),
    [
        ("secret_key", plain(200, []), "ok", None),
        ("secret_key", plain(401, {"message": "Invalid API key"}), "problem", "refuses the key"),
        ("secret_key", refusal(404, "PGRST205"), "problem", "does not know our tables"),
        ("secret_key", refusal(406, "PGRST106"), "problem", "`public` is not exposed"),
        ("secret_key", refusal(403, "42501"), "problem", "may not read tenants"),
        ("secret_key", refusal(503, "PGRST002"), "problem", "answers 503 (PGRST002)"),
        ("secret_key", plain(530, {}), "problem", "answers 530."),
        ("secret_key", silent, "unseen", "the API does not answer: Connection refused"),
        ("publishable_key", refusal(401, "42501"), "ok", None),
        ("publishable_key", plain(401, {"message": "hush"}), "problem", "refuses the key"),
        ("publishable_key", plain(200, [{"id": 1}]), "problem", "without anybody signed in"),
        ("publishable_key", plain(200, []), "warning", "may ask for tenants"),
        ("publishable_key", refusal(500, "XX000"), "problem", "answers 500 (XX000)"),
        ("exposed_schemas", refusal(406, "PGRST106"), "ok", None),
        ("exposed_schemas", refusal(404, "PGRST205"), "problem", "exposes the schema `private`"),
        ("exposed_schemas", refusal(403, "42501"), "problem", "exposes the schema `auth`"),
        ("exposed_schemas", plain(401, {}), "unseen", "refused the key in SUPABASE_SECRET_KEY"),
        ("functions", plain(503, {"status": "failing", "checks": {}}), "ok", None),
        ("functions", plain(404, {}), "warning", "is not deployed"),
        ("functions", plain(401, {}), "warning", "asks for a token"),
        ("functions", plain(503, {"code": "BOOT_ERROR"}), "warning", "does not start"),
        ("clock", plain(200, {}), "unseen", "neither the API nor the database answers"),
        ("clock", silent, "unseen", "neither the API nor the database answers"),
    ],
)
def test_an_answer_and_its_meaning(
    check: str, given: Given, verdict: str, words: str | None
) -> None:
    result = ask(check, given)
    assert result.verdict == verdict, result
    said = [finding.what for finding in result.findings] + [result.why or ""]
    assert words is None or any(words in one for one in said), said


def test_keys_travel_as_the_gateway_wants_them() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=[])

    ask("secret_key", answer)
    ask("publishable_key", answer)
    ask("exposed_schemas", answer)
    opaque, legacy, schema = seen[:3]
    assert opaque.headers["apikey"] == "sb_secret_hush"
    assert "authorization" not in opaque.headers
    assert legacy.headers["authorization"] == "Bearer eyJ.hush.hush"
    assert schema.headers["accept-profile"] == "private"


@pytest.mark.parametrize("check", ["secret_key", "publishable_key", "exposed_schemas"])
def test_without_a_key_nothing_is_seen(check: str) -> None:
    assert ask(check, plain(200, []), keys=()).why in (
        "no secret key is set",
        "no publishable key is set",
    )


@pytest.mark.parametrize(("off", "verdict"), [(0, "ok"), (20, "ok"), (120, "problem"),
                                              (-120, "problem")])  # fmt: skip
def test_a_clock_that_is_off(off: int, verdict: str) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Date": formatdate(time.time() + off, usegmt=True)})

    result = ask("clock", answer)
    assert result.verdict == verdict
    if verdict == "problem":
        assert "clock of the API" in result.findings[0].what


def test_the_worst_finding_is_the_verdict() -> None:
    assert Result("x", "x").verdict is Verdict.OK
    assert list(Verdict) == ["ok", "unseen", "warning", "problem"]
