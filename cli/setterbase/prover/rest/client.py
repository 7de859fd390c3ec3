"""Requests to PostgREST as an identity, and the same request for curl."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import re
import shlex
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from setterbase.prover.identities import Identity

TIMEOUT = 15
JSON = "application/json"
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_HOLDS = 3600  # seconds that a token is good for: a held copy is looked at by a person


@dataclass(frozen=True)
class Request:
    """What goes over the wire, without the token."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    media: str = JSON

    @property
    def data(self) -> str | None:
        """The body as it travels."""
        if self.body is None:
            return None
        return json.dumps(self.body) if self.media == JSON else str(self.body)

    def keeping(self) -> Request:
        """The same, and its effect stays."""
        said = ", ".join(filter(None, (self.headers.get("Prefer"), "tx=commit")))
        return replace(self, headers={**self.headers, "Prefer": said})


@dataclass(frozen=True)
class Answer:
    """What came back; `rows` of an array of objects, empty for anything else."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def told(self) -> Any:
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    @property
    def rows(self) -> list[dict[str, Any]]:
        found = self.told
        if not isinstance(found, list):
            return []
        return [row for row in found if isinstance(row, dict)]

    @property
    def code(self) -> str:
        """PostgREST's or PostgreSQL's code of an error."""
        found = self.told
        return str(found.get("code") or "") if isinstance(found, dict) else ""

    @property
    def message(self) -> str:
        """One line for a person."""
        found = self.told
        said = found.get("message") if isinstance(found, dict) and not self.ok else None
        return f"{self.status} {self.code} {said or ''}".strip()

    @property
    def touched(self) -> int:
        """How many rows a write touched, from `Content-Range: */n`."""
        count = self.headers.get("content-range", "").rpartition("/")[2]
        return int(count) if count.isdigit() else 0


class Client:
    """One connection to PostgREST, kept open; tokens are signed as the stack signs them."""

    def __init__(self, port: int, secret: str) -> None:
        self.port = port
        self._secret = secret.encode()
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        self._tokens: dict[str, str] = {}
        self.requests = 0
        self.answered = 0  # with what was asked for
        self.refusals: Counter[str] = Counter()

    def close(self) -> None:
        self._connection.close()

    def ask(self, identity: Identity | None, request: Request) -> Answer:
        """The answer to `request` of `identity`; None is somebody without a token."""
        self.requests += 1
        said = {**self.credentials(identity), **request.headers}
        data = None
        if request.data is not None:
            data = request.data.encode()
            said["Content-Type"] = request.media
        try:
            self._connection.request(request.method, request.path, data, said)
            response = self._connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        except http.client.HTTPException as error:
            self._connection.close()
            raise OSError(str(error)) from error
        except OSError:
            self._connection.close()
            raise
        kept = {name.lower(): value for name, value in response.getheaders()}
        answer = Answer(response.status, text, kept)
        self.answered += answer.ok
        self.refusals.update([] if answer.ok else [answer.message])
        return answer

    def credentials(self, identity: Identity | None) -> dict[str, str]:
        """The headers that tell who asks: the token, and what a liar writes beside it."""
        if identity is None:
            return {}
        headers = dict(identity.headers)
        if identity.claims is not None:
            headers["Authorization"] = f"Bearer {self._token(identity)}"
        return headers

    def curl(self, identity: Identity, request: Request) -> str:
        """The request as a person would paste it into a shell."""
        words = ["curl", "-sS", "-X", request.method]
        words.append(f"http://127.0.0.1:{self.port}{request.path}")
        for name, value in {**self.credentials(identity), **request.headers}.items():
            words += ["-H", f"{name}: {value}"]
        if request.data is not None:
            words += ["-H", f"Content-Type: {request.media}", "--data-binary", request.data]
        return shlex.join(words)

    def _token(self, identity: Identity) -> str:
        if identity.name not in self._tokens:
            claims = {**(identity.claims or {}), "exp": int(time.time()) + _HOLDS}
            signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
            digest = hmac.new(self._secret, signed.encode(), hashlib.sha256).digest()
            self._tokens[identity.name] = f"{signed}.{_encoded(digest)}"
        return self._tokens[identity.name]


def _part(told: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(told, separators=(",", ":")).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def name(text: str) -> str:
    """A column's or relation's name as a query string takes it."""
    return text if _PLAIN.fullmatch(text) else '"' + text.replace('"', '\\"') + '"'


def as_text(columns: Sequence[str]) -> str:
    """`select=` of columns, each as the text that PostgreSQL has for it."""
    return ",".join(f"{name(column)}::text" for column in columns)


def path(relation: str, **parameters: str) -> str:
    """The address of a relation or function, its parameters encoded."""
    asked = "&".join(
        f"{quote(key, safe='')}={quote(value, safe='(),.:*!')}" for key, value in parameters.items()
    )
    return f"/{quote(relation, safe='/')}" + (f"?{asked}" if asked else "")


def equal(values: Mapping[str, str | None]) -> dict[str, str]:
    """Filters that pick the row with these values."""
    return {
        name(column): "is.null" if value is None else f"eq.{value}"
        for column, value in values.items()
    }
