"""The auth service in the words of its protocol: what clients parse, what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.support.api import somebody
from tests.support.auth_calls import RFC_3339, signed_up

pytestmark = pytest.mark.slow


def test_every_time_is_rfc_3339(public: httpx.Client, admin: httpx.Client) -> None:
    session = signed_up(public)
    times = dict(_times(session["user"]))
    assert {"created_at", "updated_at", "confirmed_at", "email_confirmed_at"} <= set(times)
    assert {"last_sign_in_at", "identities.created_at"} <= set(times)
    for name, value in [*times.items(), *_times(admin.get("/admin/users").json())]:
        assert RFC_3339.fullmatch(value), f"{name} is {value}"
        datetime.fromisoformat(value)


def _times(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.endswith(("_at", "_until")) and inner is not None:
                yield f"{name}{key}", inner
            else:
                yield from _times(inner, f"{key}.")
    elif isinstance(value, list):
        for inner in value:
            yield from _times(inner, name)


def test_errors_have_the_form_that_the_caller_asked_for(public: httpx.Client) -> None:
    given = {"email": somebody(), "password": "wrong"}
    old = public.post("/token?grant_type=password", json=given)
    assert (old.status_code, old.json()) == (
        400,
        {"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"},
    )
    version = {"X-Supabase-Api-Version": "2024-01-01"}
    new = public.post("/token?grant_type=password", json=given, headers=version)
    assert new.json() == {"code": "invalid_credentials", "message": "Invalid login credentials"}
    assert new.headers["x-supabase-api-version"] == "2024-01-01"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/signup", {"email": "no address", "password": "secret-1"}, 400, "validation_failed"),
        ("/signup", {"email": "a@x.fr", "password": "short"}, 422, "weak_password"),
        ("/signup", {"email": "a@x.fr", "password": "x" * 73}, 422, "validation_failed"),
        ("/signup", {"email": "a@x.fr", "password": 7}, 400, "bad_json"),
        ("/signup", {}, 422, "anonymous_provider_disabled"),
        ("/signup", {"phone": "+33", "password": "x"}, 400, "phone_provider_disabled"),
        ("/signup", [], 400, "bad_json"),
        ("/token?grant_type=magic", {}, 400, "invalid_credentials"),
        ("/token?grant_type=refresh_token", {}, 400, "validation_failed"),
        (
            "/token?grant_type=refresh_token",
            {"refresh_token": "x"},
            400,
            "refresh_token_not_found",
        ),
        ("/token?grant_type=pkce", {"auth_code": "x"}, 400, "validation_failed"),
        ("/verify", {"type": "recovery"}, 400, "validation_failed"),
        ("/verify", {"type": "sms", "token_hash": "x"}, 400, "validation_failed"),
        ("/verify", {"type": "recovery", "token_hash": "x"}, 403, "otp_expired"),
        ("/verify", {"type": "recovery", "token_hash": ""}, 400, "validation_failed"),
        ("/otp", {"email": "nobody@x.fr", "create_user": False}, 422, "otp_disabled"),
        ("/resend", {"email": "a@x.fr", "type": "sms"}, 400, "validation_failed"),
        ("/signup", {"email": "a\0b@x.fr", "password": "secret-1"}, 400, "bad_json"),
        ("/signup", {"email": "\ud800@x.fr", "password": "secret-1"}, 400, "bad_json"),
        ("/signup", {"email": "a@x.fr", "data": {"a": [{"\0": 1}]}}, 400, "bad_json"),
        ("/token?grant_type=password", {"email": "\0", "password": "x"}, 400, "bad_json"),
        ("/verify", {"type": "recovery", "token_hash": "\0"}, 400, "bad_json"),
        ("/signup?redirect_to=%00", {}, 400, "validation_failed"),
        ("/nowhere", {}, 404, "not_found"),
    ],
)
def test_what_is_refused(
    public: httpx.Client, path: str, body: Any, status: int, code: str
) -> None:
    answer = public.post(path, content=json.dumps(body))
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)


def test_a_body_that_is_no_json(public: httpx.Client) -> None:
    answer = public.post("/signup", content=b"{")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "bad_json")
    for method in ("GET", "constructor", "toString", "hasOwnProperty"):
        assert public.request(method, "/signup").status_code == 405
