"""Requests that no honest client writes: forged tokens, odd paths, headers that contradict."""

from __future__ import annotations

import base64
import hmac
import json
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.api import Api

pytestmark = pytest.mark.slow


def test_a_token_is_looked_at_by_whoever_it_goes_to(api: Api) -> None:
    """No algorithm, another one, expired, too early: nobody's, at every door."""
    now = int(time.time())
    forged = {
        "none": _token(api, {"role": "service_role"}, alg="none"),
        "expired": _token(api, {"role": "service_role", "exp": now - 60}),
        "not yet": _token(api, {"role": "service_role", "nbf": now + 600}),
        "no object": _token(api, ["service_role"]),
    }
    for name, token in forged.items():
        headers = {"apikey": api.publishable_key, "Authorization": f"Bearer {token}"}
        assert httpx.get(f"{api.url}/rest/v1/coachs", headers=headers).status_code == 401, name
        assert httpx.get(f"{api.url}/auth/v1/admin/users", headers=headers).status_code == 403, name
        made = httpx.post(f"{api.url}/functions/v1/create-coach", headers=headers, json={})
        assert made.status_code == 401, name
    for role in ("postgres", "supabase_admin", "supabase_auth_admin", "authenticator"):
        headers = {"apikey": api.publishable_key}
        headers["Authorization"] = f"Bearer {_token(api, {'role': role})}"
        assert httpx.get(f"{api.url}/rest/v1/coachs", headers=headers).status_code == 403, role


def _token(api: Api, claims: object, alg: str = "HS256") -> str:
    """As the auth service signs them; without a signature where there is no algorithm."""

    def encoded(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head = json.dumps({"alg": alg, "typ": "JWT"}).encode()
    signed = f"{encoded(head)}.{encoded(json.dumps(claims).encode())}"
    if alg == "none":
        return f"{signed}."
    secret = api.names["JWT_SECRET"].encode()
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), 'sha256'))}"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/auth/v1/verify/../admin/users", 403),
        ("/auth/v1/verify/%2e%2e/admin/users", 403),
        ("/auth/v1/.well-known/%2E%2E/admin/users", 403),
        ("/auth/v1/.well-known/..%2fadmin/users", 404),
        ("/auth/v1//admin/users", 404),
        ("/auth/v1/%61dmin/users", 404),
        ("/rest/v1/../../auth/v1/admin/users", 403),
        ("//auth/v1/admin/users", 404),
        ("http://auth/admin/users", 404),
        ("/rest/v1/../..//ready", 404),
        ("/functions/v1/..%2fhealth", 404),
        ("/functions/v1/__proto__", 404),
    ],
)
def test_no_spelling_of_a_path_leads_past_the_key(api: Api, target: str, status: int) -> None:
    assert _raw(api, f"GET {target} HTTP/1.1", f"apikey: {api.publishable_key}") == status


@pytest.mark.parametrize(
    ("line", "headers", "status"),
    [
        ("POST /rest/v1/rpc/health HTTP/1.1", ["Content-Length: 4", "Transfer-Encoding: x"], 400),
        ("POST /rest/v1/rpc/health HTTP/1.1", ["Content-Length: 2", "Content-Length: 5"], 400),
        ("GET /rest/v1/ HTTP/1.1", ["apikey: another"], 401),
        ("GET /rest/v1/ HTTP/1.1", ["Host: a b<>"], 400),
        ("GET /rest/v1/ HTTP/1.1", ["Host: x@y:99999"], 400),
        ("TRACE /rest/v1/ HTTP/1.1", [], 405),
        ("GET /rest/v1/coachs HTTP/1.1", ["X-HTTP-Method-Override: DELETE"], 401),
        ("GET /rest/v1/coachs HTTP/1.1", ["Upgrade: websocket", "Connection: upgrade"], 401),
    ],
)
def test_a_request_that_is_written_to_confuse(
    api: Api, line: str, headers: list[str], status: int
) -> None:
    log = api.home.folder / "logs/gateway.log"
    assert _raw(api, line, f"apikey: {api.publishable_key}", *headers) == status
    assert "bug" not in log.read_text()
    assert "does not answer" not in log.read_text()


def _raw(api: Api, line: str, *headers: str) -> int:
    """The status of an answer to a request that no client would write."""
    host = [] if any(header.startswith("Host:") for header in headers) else ["Host: x"]
    text = "\r\n".join([line, *host, *headers, "Connection: close", "", ""])
    address = urlsplit(api.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as wire:
        wire.sendall(text.encode())
        return int(wire.makefile("rb").readline().split()[1])
