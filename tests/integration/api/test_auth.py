"""The auth service in the words of its protocol: what clients parse, and what must hold."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from email import message_from_string
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest

from tests.support.api import Api, somebody

pytestmark = pytest.mark.slow

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture(scope="module")
def public(api: Api) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=f"{api.url}/auth/v1", headers={"apikey": api.publishable_key}, timeout=30
    ) as client:
        yield client


@pytest.fixture(scope="module")
def admin(api: Api) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=f"{api.url}/auth/v1", headers={"apikey": api.secret_key}, timeout=30
    ) as client:
        yield client


def signed_up(public: httpx.Client, email: str | None = None) -> dict[str, Any]:
    given = {"email": email or somebody(), "password": "secret-1"}
    session: dict[str, Any] = public.post("/signup", json=given).raise_for_status().json()
    return session


def as_user(session: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['access_token']}"}


def mailed(api: Api, email: str) -> list[str]:
    """The texts of the mails to an address, oldest first."""
    files = sorted((api.home.folder / "mail").glob(f"*-{email}.eml"))
    return [str(message_from_string(file.read_text()).get_payload()) for file in files]


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
        ("/nowhere", {}, 404, "not_found"),
    ],
)
def test_what_is_refused(
    public: httpx.Client, path: str, body: Any, status: int, code: str
) -> None:
    answer = public.post(path, json=body)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)


def test_a_body_that_is_no_json(public: httpx.Client) -> None:
    answer = public.post("/signup", content=b"{")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "bad_json")
    assert public.get("/signup").status_code == 405


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


def test_a_mail_with_a_code_and_a_link(api: Api, public: httpx.Client) -> None:
    email = somebody()
    signed_up(public, email)
    for address in (email, somebody()):  # the answer does not tell who is known
        assert public.post("/recover", json={"email": address}).json() == {}
    (text,) = mailed(api, email)
    code = re.search(r"code: (\d{6})", text)
    link = re.search(r"link: (\S+)", text)
    assert code
    assert link
    assert link[1].startswith(f"{api.url}/auth/v1/verify?")

    wrong = {"type": "recovery", "email": email, "token": "000000"}
    assert public.post("/verify", json=wrong).json()["error_code"] == "otp_expired"
    right = {"type": "recovery", "email": email, "token": code[1]}
    assert public.post("/verify", json=right).json()["user"]["email"] == email
    used = httpx.get(link[1])  # by a browser, without a key
    assert used.status_code == 303
    told = parse_qs(urlsplit(used.headers["location"]).fragment)
    assert told["error_code"] == ["otp_expired"]


def test_a_link_leads_to_the_site_and_to_no_other(
    admin: httpx.Client, public: httpx.Client
) -> None:
    email = somebody()
    signed_up(public, email)
    for asked, led in (
        ("http://127.0.0.1:3000/welcome", "http://127.0.0.1:3000/welcome"),
        ("https://evil.example/", "http://127.0.0.1:3000"),
        ("javascript:alert(1)", "http://127.0.0.1:3000"),
    ):
        given = {"type": "magiclink", "email": email, "redirect_to": asked}
        link = admin.post("/admin/generate_link", json=given).json()
        assert link["redirect_to"] == led
        answer = httpx.get(link["action_link"])
        assert answer.status_code == 303
        address, _, fragment = answer.headers["location"].partition("#")
        assert address == led
        told = parse_qs(fragment)
        assert told["type"] == ["magiclink"]
        token = {"Authorization": f"Bearer {told['access_token'][0]}"}
        assert public.get("/user", headers=token).json()["email"] == email
        forged = link["action_link"].replace("127.0.0.1%3A3000", "evil.example")
        assert "evil" not in httpx.get(forged).headers["location"]


def test_a_token_is_good_for_an_hour(api: Api, admin: httpx.Client, public: httpx.Client) -> None:
    email = somebody()
    signed_up(public, email)
    link = admin.post("/admin/generate_link", json={"type": "recovery", "email": email}).json()
    with psycopg.connect(api.home.url("supabase_auth_admin")) as connection:
        connection.execute(
            "update users set recovery_sent_at = now() - interval '61 min' where email = %s",
            [email],
        )
    given = {"type": "recovery", "token_hash": link["hashed_token"]}
    assert public.post("/verify", json=given).json()["error_code"] == "otp_expired"


def test_the_link_of_a_pkce_flow_gives_a_code(api: Api, public: httpx.Client) -> None:
    email, verifier = somebody(), secrets.token_urlsafe(48)
    signed_up(public, email)
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    asked = {"email": email, "code_challenge": challenge, "code_challenge_method": "s256"}
    public.post("/recover", json=asked).raise_for_status()
    link = re.search(r"link: (\S+)", mailed(api, email)[-1])
    assert link
    assert "token=pkce_" in link[1]
    location = httpx.get(link[1]).headers["location"]
    assert "access_token" not in location
    code = parse_qs(urlsplit(location).query)["code"][0]
    url = "/token?grant_type=pkce"
    wrong = public.post(url, json={"auth_code": code, "code_verifier": "x" * 43})
    assert wrong.json()["error_code"] == "bad_code_verifier"
    given = {"auth_code": code, "code_verifier": verifier}
    assert public.post(url, json=given).json()["user"]["email"] == email
    assert public.post(url, json=given).json()["error_code"] == "flow_state_not_found"


def test_the_admins_call_is_one_transaction(api: Api, admin: httpx.Client) -> None:
    """As hosted: an insert, then an update of the metadata; who raises at either undoes both."""
    made = """
        create function public.{name}() returns trigger language plpgsql as
        $$ begin raise exception 'no'; end $$;
        grant execute on function public.{name}() to supabase_auth_admin;
        create trigger {name} after {event} on auth.users for each row
        when ({condition}) execute function public.{name}();
    """
    email = somebody()
    for name, event, condition in (
        ("at_insert", "insert", f"new.email = '{email}'"),
        ("at_update", "update of raw_app_meta_data", "new.raw_app_meta_data ? 'refuse_me'"),
    ):
        with api.db() as connection:
            connection.execute(made.format(name=name, event=event, condition=condition).encode())
        try:
            given = {"email": email, "app_metadata": {"refuse_me": True}}
            answer = admin.post("/admin/users", json=given)
            assert answer.status_code == 500, answer.text
            with api.db() as connection:
                found = connection.execute("select from auth.users where email = %s", [email])
                assert found.fetchall() == []
                known = connection.execute("select from auth.identities where email = %s", [email])
                assert known.fetchall() == []
        finally:
            with api.db() as connection:
                connection.execute(f"drop function public.{name}() cascade".encode())
    assert admin.post("/admin/users", json=given).status_code == 200


def test_triggers_see_metadata_as_json_and_the_right_user(api: Api, admin: httpx.Client) -> None:
    email = somebody()
    with api.db() as connection:
        connection.execute(
            """
            create table public.seen (op text, who text, role text, first text);
            grant insert on public.seen to supabase_auth_admin;
            create function public.see() returns trigger language plpgsql as $$ begin
              insert into public.seen values (tg_op, current_user,
                new.raw_app_meta_data ->> 'role', new.raw_user_meta_data ->> 'first');
              return null; end $$;
            grant execute on function public.see() to supabase_auth_admin;
            create trigger see after insert or update of raw_app_meta_data on auth.users
            for each row execute function public.see();
            """
        )
    given = {"email": email, "app_metadata": {"role": "x"}, "user_metadata": {"first": "Ana"}}
    try:
        admin.post("/admin/users", json=given).raise_for_status()
        with api.db() as connection:
            assert connection.execute("select * from public.seen").fetchall() == [
                ("INSERT", "supabase_auth_admin", None, "Ana"),
                ("UPDATE", "supabase_auth_admin", "x", "Ana"),
            ]
    finally:
        with api.db() as connection:
            connection.execute("drop function public.see() cascade; drop table public.seen")


def test_users_are_listed_by_page(admin: httpx.Client) -> None:
    mark = somebody().partition("@")[0]
    for number in range(5):
        admin.post("/admin/users", json={"email": f"{number}-{mark}@x.fr"}).raise_for_status()
    pages = [
        admin.get("/admin/users", params={"page": page, "per_page": 2, "filter": mark})
        for page in (1, 2, 3, 4)
    ]
    emails = [[user["email"][0] for user in page.json()["users"]] for page in pages]
    assert emails == [["4", "3"], ["2", "1"], ["0"], []]
    assert pages[0].headers["x-total-count"] == "5"
    assert "page=2" in pages[0].headers["link"]
    assert 'rel="next"' in pages[0].headers["link"]
    assert 'rel="next"' not in pages[2].headers["link"]
    assert admin.get("/admin/users?per_page=many").status_code == 400


def test_an_admin_chooses_the_id(admin: httpx.Client) -> None:
    chosen = "5e77e4ba-0000-4000-8000-00000000a0a0"
    admin.delete(f"/admin/users/{chosen}")
    made = admin.post("/admin/users", json={"id": chosen, "email": somebody()}).json()
    assert made["id"] == chosen
    assert admin.post("/admin/users", json={"id": "x", "email": somebody()}).status_code == 400
    assert admin.get("/admin/users/not-a-uuid").status_code == 400


def test_a_user_who_is_softly_deleted_is_nobody(admin: httpx.Client, public: httpx.Client) -> None:
    email = somebody()
    session = signed_up(public, email)
    url = f"/admin/users/{session['user']['id']}"
    admin.request("DELETE", url, json={"should_soft_delete": True}).raise_for_status()
    kept = admin.get(url).json()
    assert RFC_3339.fullmatch(kept["deleted_at"])
    assert email not in str(kept)
    given = {"email": email, "password": "secret-1"}
    assert public.post("/token?grant_type=password", json=given).status_code == 400
    assert public.get("/user", headers=as_user(session)).status_code == 403
    assert public.post("/signup", json=given).status_code == 200  # the address is free again


def test_a_wrong_ban_duration(admin: httpx.Client) -> None:
    for given in ("forever", "1d", "-1h", "24"):
        answer = admin.post("/admin/users", json={"email": somebody(), "ban_duration": given})
        assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")
