"""What tests of the auth service ask of it again and again."""

from __future__ import annotations

import re
from email import message_from_string
from typing import Any

import httpx

from tests.support.api import Api, somebody

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def signed_up(public: httpx.Client, email: str | None = None) -> dict[str, Any]:
    """A fresh session of a user who is made for it."""
    given = {"email": email or somebody(), "password": "secret-1"}
    session: dict[str, Any] = public.post("/signup", json=given).raise_for_status().json()
    return session


def as_user(session: dict[str, Any]) -> dict[str, str]:
    """The header that makes a request theirs."""
    return {"Authorization": f"Bearer {session['access_token']}"}


def mailed(api: Api, email: str) -> list[str]:
    """The texts of the mails to an address, oldest first."""
    files = sorted((api.home.folder / "mail").glob(f"*-{email}.eml"))
    return [str(message_from_string(file.read_text()).get_payload()) for file in files]
