"""The keys of a platform: made once per home, kept in a file that its owner alone reads."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from setterbase.errors import PlatformError
from setterbase.platform.files import write_private

# As long as hosted gives its legacy keys.
YEARS = 10


@dataclass(frozen=True)
class Keys:
    """What clients send as `apikey`, old form and new, and the secret that signs tokens."""

    publishable_key: str
    secret_key: str
    anon_key: str
    service_role_key: str
    jwt_secret: str


def load(file: Path) -> Keys:
    """The keys in `file`, made when it is not there. Raises PlatformError when it is damaged."""
    try:
        return Keys(**json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        keys = generate()
        write_private(file, json.dumps(asdict(keys), indent=2))
        return keys
    except (ValueError, TypeError):
        raise PlatformError(
            f"{file} is damaged.",
            hint="Restore it, or delete it to have new keys made; clients then need those.",
        ) from None


def read(file: Path) -> Keys | None:
    """Like `load`, but None when there are none yet."""
    return load(file) if file.exists() else None


def generate() -> Keys:
    """Fresh keys and a fresh secret."""
    secret = secrets.token_urlsafe(48)
    return Keys(
        publishable_key=_opaque("sb_publishable_"),
        secret_key=_opaque("sb_secret_"),
        anon_key=token(secret, "anon"),
        service_role_key=token(secret, "service_role"),
        jwt_secret=secret,
    )


def token(secret: str, role: str) -> str:
    """A legacy key: a token of `role` that outlives the project."""
    now = int(time.time())
    claims = {"iss": "supabase", "role": role, "iat": now, "exp": now + YEARS * 365 * 86400}
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_encoded(digest)}"


def _opaque(prefix: str) -> str:
    """A key of the newer form: 22 random characters and a checksum of 8."""
    body = prefix + secrets.token_urlsafe(16)
    return f"{body}_{_encoded(hashlib.sha256(body.encode()).digest())[:8]}"


def _part(content: dict[str, object]) -> str:
    return _encoded(json.dumps(content, separators=(",", ":")).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
