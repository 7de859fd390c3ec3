"""Who gets through the gateway, as whom, and what it answers to everybody else."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from setterbase.platform.api import keys as keyring
from tests.support.api import Api, somebody

pytestmark = pytest.mark.slow

WHO = "/rest/v1/rpc/who_am_i"
WHO_SQL = """
create or replace function public.who_am_i() returns text language sql stable as $$
  select concat_ws(':', auth.role(), current_user, coalesce(auth.uid()::text, '-'))
$$;
grant execute on function public.who_am_i() to anon, authenticated, service_role;
"""


@pytest.fixture(scope="module")
def web(api: Api) -> Iterator[httpx.Client]:
    with api.db() as connection:
        connection.execute(WHO_SQL)
    with httpx.Client(base_url=api.url, timeout=30) as client:
        _wait_for_function(client, api)
        yield client
    with api.db() as connection:
        connection.execute("drop function public.who_am_i()")


def _wait_for_function(client: httpx.Client, api: Api) -> None:
    """No restart, no signal: the new function is told to PostgREST by the event trigger."""
    until = time.monotonic() + 10
    while client.post(WHO, headers={"apikey": api.publishable_key}).status_code == 404:
        assert time.monotonic() < until, "a change of the schema did not reach PostgREST"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def user(api: Api) -> tuple[str, str]:
    """Somebody's id and token."""
    session = api.visitor().auth.sign_up({"email": somebody(), "password": "secret-1"})
    assert session.user
    assert session.session
    return session.user.id, session.session.access_token


@pytest.mark.parametrize(
    ("key", "role"),
    [
        ("PUBLISHABLE_KEY", "anon"),
        ("ANON_KEY", "anon"),
        ("SECRET_KEY", "service_role"),
        ("SERVICE_ROLE_KEY", "service_role"),
    ],
)
def test_every_key_stands_for_its_role(api: Api, web: httpx.Client, key: str, role: str) -> None:
    value = api.names[key]
    for headers in ({}, {"Authorization": f"Bearer {value}"}):
        answer = web.post(WHO, headers={"apikey": value, **headers})
        assert answer.json() == f"{role}:{role}:-"
    assert web.post(WHO, params={"apikey": value}).json() == f"{role}:{role}:-"


@pytest.mark.parametrize("key", ["PUBLISHABLE_KEY", "ANON_KEY", "SECRET_KEY", "SERVICE_ROLE_KEY"])
def test_a_users_token_outranks_the_key(
    api: Api, web: httpx.Client, user: tuple[str, str], key: str
) -> None:
    headers = {"apikey": api.names[key], "Authorization": f"Bearer {user[1]}"}
    assert web.post(WHO, headers=headers).json() == f"authenticated:authenticated:{user[0]}"


@pytest.mark.parametrize(
    "path", ["/rest/v1/coachs", "/rest/v1/", "/auth/v1/user", "/auth/v1/health"]
)
def test_without_a_key_there_is_no_way_in(
    web: httpx.Client, user: tuple[str, str], path: str
) -> None:
    for headers in ({}, {"Authorization": f"Bearer {user[1]}"}):
        answer = web.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.json() == {
            "message": "No API key found in request",
            "hint": "No `apikey` request header or url param was found.",
        }
        assert answer.headers["sb-error-code"] == "UNAUTHORIZED_MISSING_API_KEY"


def test_an_unknown_key_is_told_as_hosted_tells_it(api: Api, web: httpx.Client) -> None:
    forged = keyring.token("another secret of more than thirty-two bytes", "service_role")
    ours = keyring.token(
        api.names["JWT_SECRET"], "service_role"
    )  # a token, but no key of this home
    for key in ("nonsense", "sb_secret_nonsense", forged, ours + "x"):
        answer = web.get("/rest/v1/coachs", headers={"apikey": key})
        assert answer.status_code == 401
        assert answer.json() == {
            "message": "Invalid API key",
            "hint": "Double check your Supabase `anon` or `service_role` API key.",
        }


def test_a_token_that_is_not_ours_is_refused(api: Api, web: httpx.Client) -> None:
    forged = keyring.token("another secret of more than thirty-two bytes", "service_role")
    headers = {"apikey": api.publishable_key, "Authorization": f"Bearer {forged}"}
    assert web.post(WHO, headers=headers).status_code == 401
    refused = web.get("/auth/v1/admin/users", headers=headers)
    assert (refused.status_code, refused.json()["error_code"]) == (403, "bad_jwt")


def test_a_browser_may_not_hold_the_secret_key(api: Api, web: httpx.Client) -> None:
    headers = {"apikey": api.secret_key, "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"}
    answer = web.get("/rest/v1/coachs", headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {"message": "Forbidden use of secret API key in browser"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/users"),
        ("POST", "/admin/users"),
        ("GET", "/admin/users/00000000-0000-4000-8000-000000000000"),
        ("PUT", "/admin/users/00000000-0000-4000-8000-000000000000"),
        ("DELETE", "/admin/users/00000000-0000-4000-8000-000000000000"),
        ("POST", "/admin/generate_link"),
        ("POST", "/invite"),
    ],
)
def test_admin_calls_are_for_the_secret_key_alone(
    api: Api, web: httpx.Client, user: tuple[str, str], method: str, path: str
) -> None:
    url, public = f"/auth/v1{path}", {"apikey": api.publishable_key}
    for headers in (
        public,
        {"apikey": api.names["ANON_KEY"]},
        {**public, "Authorization": f"Bearer {user[1]}"},
        {"apikey": api.secret_key, "Authorization": f"Bearer {user[1]}"},  # the user outranks it
        {**public, "Authorization": f"Bearer {api.secret_key}"},  # a key is no token
    ):
        answer = web.request(method, url, headers=headers, json={})
        assert (answer.status_code, answer.json()["error_code"]) == (403, "not_admin"), headers
    for key in ("SECRET_KEY", "SERVICE_ROLE_KEY"):
        answer = web.request(method, url, headers={"apikey": api.names[key]}, json={})
        assert answer.status_code in (200, 400, 404), answer.text


def test_another_path_leads_nowhere(api: Api, web: httpx.Client) -> None:
    for path in ("/", "/rest/v1x", "/storage/v1/bucket", "/realtime/v1", "/auth/v2/user"):
        answer = web.get(path, headers={"apikey": api.secret_key})
        assert answer.status_code == 404
        assert answer.json() == {"message": "no Route matched with those values"}
    answer = web.get("/auth/v1/factors", headers={"apikey": api.publishable_key})
    assert answer.status_code == 404


def test_a_browser_of_any_origin_may_ask(api: Api, web: httpx.Client) -> None:
    asked = {
        "Origin": "http://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "apikey, authorization, x-client-info",
    }
    for path in (WHO, "/auth/v1/token", "/rest/v1/leads?first_name=eq./functions/v1/"):
        answer = web.options(path, headers=asked)  # a preflight carries no key
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        assert (
            answer.headers["access-control-allow-headers"]
            == (asked["Access-Control-Request-Headers"])
        )
        assert "DELETE" in answer.headers["access-control-allow-methods"]
    for headers in ({}, {"apikey": "wrong"}, {"apikey": api.publishable_key}):
        answer = web.post(WHO, headers={"Origin": "http://app.example", **headers})
        assert answer.headers["access-control-allow-origin"] in ("*", "http://app.example")
        assert "Content-Range" in answer.headers["access-control-expose-headers"]


def test_a_body_has_its_limit(api: Api, web: httpx.Client) -> None:
    headers = {"apikey": api.secret_key, "Content-Type": "application/json"}
    path = "/rest/v1/rpc/ingest_events"
    fits = json.dumps({"events": ["x" * 1000] * 1000}).encode()
    assert web.post(path, headers=headers, content=fits).status_code == 200
    with api.db() as connection:
        connection.execute("delete from private.dead_letters")
    too_much = b"x" * (20 * 1024 * 1024 + 1)
    assert web.post(path, headers=headers, content=too_much).status_code == 413

    def pieces() -> Iterator[bytes]:  # it does not say how long it is
        for _ in range(21):
            yield b"x" * 1024 * 1024

    assert web.post(path, headers=headers, content=pieces()).status_code == 413


def test_headers_have_their_limit(api: Api, web: httpx.Client) -> None:
    headers = {"apikey": api.publishable_key, "X-Long": "x" * 33_000}
    assert web.get("/rest/v1/", headers=headers).status_code == 431


def test_nobody_else_on_the_network_reaches_it(api: Api) -> None:
    """Every port that a process of the platform listens on is on 127.0.0.1."""
    inodes = {
        link.readlink().name.removeprefix("socket:[").removesuffix("]")
        for pid in api.home.processes()
        for link in _descriptors(pid)
    }
    listening = [
        (line.split()[1], name)
        for name in ("tcp", "tcp6")
        for line in _lines(f"/proc/net/{name}")
        if line.split()[3] == "0A" and line.split()[9] in inodes
    ]
    assert len(listening) == 2  # the database and the gateway
    loopback = socket.inet_aton("127.0.0.1")[::-1].hex().upper()
    assert {(address.split(":")[0], name) for address, name in listening} == {(loopback, "tcp")}


def _descriptors(pid: int) -> list[Path]:
    return [link for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()[1:]
