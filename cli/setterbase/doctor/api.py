"""Asking a project over HTTP as its clients do, with as little as an answer needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from setterbase.doctor.place import Key

if TYPE_CHECKING:
    import httpx

SECONDS = 10.0


class SilentError(Exception):
    """Nobody answered; the text says how that showed."""


@dataclass(frozen=True)
class Answer:
    """A status, the body when it is JSON, and the seconds of the server's clock when it told."""

    status: int
    body: Any
    seconds: float | None

    @property
    def code(self) -> str | None:
        """PostgREST's or the gateway's code of a refusal."""
        code = self.body.get("code") if isinstance(self.body, dict) else None
        return str(code) if code is not None else None


@dataclass(frozen=True)
class Project:
    """The HTTP side of a target."""

    client: httpx.Client

    def ask(
        self, path: str, key: Key | None = None, *, method: str = "GET", **headers: str
    ) -> Answer:
        """One request. Raises SilentError."""
        import httpx

        if key is not None:
            value = key.value.strip()
            headers["apikey"] = value
            if not value.startswith("sb_"):
                headers["Authorization"] = f"Bearer {value}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = b"{}" if method == "POST" else None
        if content:
            named["Content-Type"] = "application/json"
        try:
            answer = self.client.request(method, path, headers=named, content=content)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SilentError(_reason(error)) from None
        return Answer(answer.status_code, _json(answer), _seconds(answer))


@contextmanager
def connect(url: str) -> Iterator[Project]:
    """A client of the project at `url`."""
    from setterbase import web

    with web.client(url, {"User-Agent": "setterbase doctor"}, SECONDS) as client:
        yield Project(client)


def _reason(error: Exception) -> str:
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return f"nothing came for {SECONDS:.0f} seconds"
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _seconds(answer: httpx.Response) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return None
