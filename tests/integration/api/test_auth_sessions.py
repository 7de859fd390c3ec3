"""Sessions and passwords: who is signed in, who is out, and what nobody gives themselves."""

from __future__ import annotations

import httpx
import psycopg
import pytest

from tests.support.api import Api, somebody
from tests.support.auth_calls import as_user, signed_up

pytestmark = pytest.mark.slow


def test_a_session_that_has_ended_is_nobodys(public: httpx.Client) -> None:
    email = somebody()
    one, other = signed_up(public, email), None
    given = {"email": email, "password": "secret-1"}
    other = public.post("/token?grant_type=password", json=given).json()
    assert public.post("/logout?scope=others", headers=as_user(one)).status_code == 204
    assert public.get("/user", headers=as_user(one)).json()["email"] == email
    ended = public.get("/user", headers=as_user(other))
    assert (ended.status_code, ended.json()["error_code"]) == (403, "session_not_found")
    assert public.post("/logout", headers=as_user(one)).status_code == 204
    assert public.get("/user", headers=as_user(one)).status_code == 403
    assert public.post("/logout?scope=all", headers=as_user(one)).status_code == 400


def test_a_stolen_refresh_token_ends_the_session(api: Api, public: httpx.Client) -> None:
    first = signed_up(public)["refresh_token"]
    url = "/token?grant_type=refresh_token"
    second = public.post(url, json={"refresh_token": first}).json()["refresh_token"]
    with psycopg.connect(api.home.url("supabase_auth_admin")) as connection:
        connection.execute(
            "update refresh_tokens set updated_at = now() - interval '11 s' where token = %s",
            [first],
        )
    for token in (first, second):  # the thief's copy, and then the owner's own
        answer = public.post(url, json={"refresh_token": token})
        assert answer.json()["error_code"] == "refresh_token_already_used"


def test_a_new_password_signs_everybody_else_out(public: httpx.Client) -> None:
    email = somebody()
    mine = signed_up(public, email)
    given = {"email": email, "password": "secret-1"}
    theirs = public.post("/token?grant_type=password", json=given).json()
    same = public.put("/user", headers=as_user(mine), json={"password": "secret-1"})
    assert (same.status_code, same.json()["error_code"]) == (422, "same_password")
    changed = {"password": "secret-2", "data": {"first": "Ana"}}
    user = public.put("/user", headers=as_user(mine), json=changed).raise_for_status().json()
    assert user["user_metadata"]["first"] == "Ana"
    assert public.get("/user", headers=as_user(mine)).status_code == 200
    assert public.get("/user", headers=as_user(theirs)).status_code == 403


def test_nobody_makes_themselves_an_admin(public: httpx.Client) -> None:
    given = {"email": somebody(), "password": "secret-1", "app_metadata": {"role": "admin"}}
    session = public.post("/signup", json={**given, "role": "service_role"}).json()
    assert session["user"]["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert session["user"]["role"] == "authenticated"
    wanted = {"app_metadata": {"role": "admin"}, "role": "service_role"}
    user = public.put("/user", headers=as_user(session), json=wanted).json()
    assert user["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert user["role"] == "authenticated"


def test_a_password_that_an_admin_sets_signs_everybody_out(
    public: httpx.Client, admin: httpx.Client
) -> None:
    session = signed_up(public)
    url = f"/admin/users/{session['user']['id']}"
    admin.put(url, json={"user_metadata": {"first": "Ana"}}).raise_for_status()
    assert public.get("/user", headers=as_user(session)).status_code == 200
    admin.put(url, json={"password": "secret-2"}).raise_for_status()
    assert public.get("/user", headers=as_user(session)).status_code == 403
    stolen = {"refresh_token": session["refresh_token"]}
    assert public.post("/token?grant_type=refresh_token", json=stolen).status_code == 400


def test_who_is_banned_does_nothing_with_the_token_they_have(
    public: httpx.Client, admin: httpx.Client
) -> None:
    session = signed_up(public)
    url = f"/admin/users/{session['user']['id']}"
    admin.put(url, json={"ban_duration": "1h"}).raise_for_status()
    password = {"email": session["user"]["email"], "password": "secret-1"}
    refreshed = {"refresh_token": session["refresh_token"]}
    for answer, status in (
        (public.get("/user", headers=as_user(session)), 403),
        (public.put("/user", headers=as_user(session), json={"password": "secret-2"}), 403),
        (public.post("/token?grant_type=password", json=password), 400),
        (public.post("/token?grant_type=refresh_token", json=refreshed), 400),
    ):
        assert (answer.status_code, answer.json()["error_code"]) == (status, "user_banned")
    admin.put(url, json={"ban_duration": "none"}).raise_for_status()
    assert public.get("/user", headers=as_user(session)).status_code == 200
