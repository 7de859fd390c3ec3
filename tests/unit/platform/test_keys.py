"""The keys of a platform."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from pathlib import Path

import pytest

from setterbase.errors import PlatformError
from setterbase.platform.api import keys


def test_they_have_the_form_of_hosted_ones() -> None:
    made = keys.generate()
    assert re.fullmatch(r"sb_publishable_[\w-]{22}_[\w-]{8}", made.publishable_key)
    assert re.fullmatch(r"sb_secret_[\w-]{22}_[\w-]{8}", made.secret_key)
    for token, role in ((made.anon_key, "anon"), (made.service_role_key, "service_role")):
        head, body, signature = token.split(".")
        assert json.loads(_decoded(head)) == {"alg": "HS256", "typ": "JWT"}
        claims = json.loads(_decoded(body))
        assert claims["role"] == role
        assert claims["exp"] > time.time() + 9 * 365 * 86400
        digest = hmac.new(made.jwt_secret.encode(), f"{head}.{body}".encode(), hashlib.sha256)
        assert _decoded(signature) == digest.digest()


def test_they_are_made_once_and_for_their_owner(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    assert keys.read(file) is None
    made = keys.load(file)
    assert keys.load(file) == made == keys.read(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert keys.generate() != made


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"jwt_secret": "x"}', '"x"'])
def test_damaged_ones_are_told_and_left(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(content)
    with pytest.raises(PlatformError, match="is damaged"):
        keys.load(file)
    assert file.read_text() == content


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
