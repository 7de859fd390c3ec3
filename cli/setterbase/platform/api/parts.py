"""The parts of the API: what each runs, with which settings, and how one sees that it is ready.

Secrets travel in the environment, which the owner of a process alone reads, and never in an
argument list.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from setterbase.platform.api import config as configs
from setterbase.platform.api import toolkit as toolkits
from setterbase.platform.api.config import Config
from setterbase.platform.api.keys import Keys
from setterbase.platform.api.places import Places
from setterbase.platform.api.toolkit import Toolkit

# What a program needs of its caller's environment to find its files and speak its language.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME")

# Further ones for what an edge function fetches when it first runs.
FETCHING = (
    "DENO_CERT",
    "DENO_DIR",
    "DENO_TLS_CA_STORE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "NPM_CONFIG_REGISTRY",
    "https_proxy",
    "http_proxy",
    "no_proxy",
)


@dataclass(frozen=True)
class Spec:
    """How to start one part; `address` is a socket's path, or a port of 127.0.0.1."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    address: Path | int


@dataclass(frozen=True)
class Plan:
    """What all parts are made from."""

    toolkit: Toolkit
    places: Places
    keys: Keys
    config: Config
    port: int
    database_port: int
    passwords: Mapping[str, str]

    @property
    def api_url(self) -> str:
        """The one address of the API."""
        return f"http://127.0.0.1:{self.port}"

    def database_url(self, role: str) -> str:
        """The database for a role that logs in."""
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{self.database_port}/postgres"

    def socket(self, part: str) -> Path:
        """Where a part listens."""
        return self.places.sockets / f"{part}.sock"


def specs(plan: Plan) -> list[Spec]:
    """Every part, in the order of `places.PARTS`."""
    functions = configs.functions(plan.config)
    return [_gateway(plan, functions), _rest(plan), _auth(plan), _functions(plan, functions)]


_NOTHING = "/.ready"
"""No part has anything here; an edge function, for one, may well be called `health`."""


def is_ready(spec: Spec) -> bool:
    """Whether the part takes requests now: it answers, and not with «not yet»."""
    connection = _Connection(spec.address)
    try:
        connection.request("GET", _NOTHING)
        return connection.getresponse().status != 503
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class _Connection(http.client.HTTPConnection):
    """HTTP over a unix socket, or to a port of the loopback."""

    def __init__(self, address: Path | int) -> None:
        super().__init__("127.0.0.1", timeout=2)
        self.address = address

    def connect(self) -> None:
        family = socket.AF_INET if isinstance(self.address, int) else socket.AF_UNIX
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.settimeout(2)
        to = ("127.0.0.1", self.address) if isinstance(self.address, int) else str(self.address)
        self.sock.connect(to)


def _rest(plan: Plan) -> Spec:
    config = plan.config
    schemas = config.get("api.schemas", ["public"])
    path = config.get("api.extra_search_path", ["public", "extensions"])
    settings = {
        "DB_URI": plan.database_url("authenticator"),
        "DB_SCHEMAS": ",".join(schemas),
        "DB_EXTRA_SEARCH_PATH": ",".join(path),
        "DB_ANON_ROLE": "anon",
        "DB_MAX_ROWS": str(config.get("api.max_rows", 1000)),
        "DB_POOL": "10",
        "JWT_SECRET": plan.keys.jwt_secret,
        "SERVER_UNIX_SOCKET": str(plan.socket("rest")),
        "SERVER_UNIX_SOCKET_MODE": "600",
        "OPENAPI_SERVER_PROXY_URI": f"{plan.api_url}/rest/v1",
        "LOG_LEVEL": "error",
    }
    environment = {f"PGRST_{name}": value for name, value in settings.items()}
    return Spec(
        "rest",
        [str(plan.toolkit.postgrest)],
        {**_inherited(), **environment},
        plan.socket("rest"),
    )


def _auth(plan: Plan) -> Spec:
    get = plan.config.get
    settings = {
        "socket": str(plan.socket("auth")),
        "db_url": plan.database_url("supabase_auth_admin"),
        "jwt_secret": plan.keys.jwt_secret,
        "api_url": plan.api_url,
        "site_url": get("auth.site_url", "http://127.0.0.1:3000"),
        "additional_redirect_urls": get("auth.additional_redirect_urls", []),
        "jwt_expiry": get("auth.jwt_expiry", 3600),
        "enable_signup": get("auth.enable_signup", True),
        "minimum_password_length": get("auth.minimum_password_length", 6),
        "enable_email_signup": get("auth.email.enable_signup", True),
        "enable_confirmations": get("auth.email.enable_confirmations", False),
        "double_confirm_changes": get("auth.email.double_confirm_changes", True),
        "otp_length": get("auth.email.otp_length", 6),
        "otp_expiry": get("auth.email.otp_expiry", 3600),
        "refresh_token_reuse_interval": get("auth.refresh_token_reuse_interval", 10),
        "mail_folder": str(plan.places.mail),
    }
    files = f"{plan.places.sockets},{plan.places.mail}"
    return _deno(
        plan,
        "auth",
        settings,
        [
            f"--allow-net=127.0.0.1:{plan.database_port},unix:{plan.socket('auth')}",
            f"--allow-read={files}",
            f"--allow-write={files}",
            "--allow-env",  # the driver looks for PGHOST and its like, and finds none
            "--allow-sys",
        ],
        plan.socket("auth"),
    )


def _functions(plan: Plan, functions: dict[str, dict[str, Any]]) -> Spec:
    keys = plan.keys
    environment = {
        **_inherited(),
        **{name: os.environ[name] for name in FETCHING if name in os.environ},
        **_fetching(),
        **_own_environment(plan.config),
        **_no_proxy(),
        "SUPABASE_URL": plan.api_url,
        "SUPABASE_DB_URL": plan.database_url("postgres"),
        "SUPABASE_ANON_KEY": keys.anon_key,
        "SUPABASE_SERVICE_ROLE_KEY": keys.service_role_key,
        "SUPABASE_PUBLISHABLE_KEYS": json.dumps({"default": keys.publishable_key}),
        "SUPABASE_SECRET_KEYS": json.dumps({"default": keys.secret_key}),
    }
    settings = {
        "socket": str(plan.socket("functions")),
        "folder": str(plan.places.sockets),
        "functions": functions,
        "environment": environment,
    }
    roots = sorted({str(function["root"]) for function in functions.values()})
    return _deno(
        plan,
        "functions",
        settings,
        [
            # A function's socket has a name that only its start gives it.
            "--allow-net",
            f"--allow-read={','.join([str(plan.places.sockets), *roots])}",
            f"--allow-write={plan.places.sockets}",
            f"--allow-run={plan.toolkit.deno}",
            "--allow-env",
        ],
        plan.socket("functions"),
    )


def _gateway(plan: Plan, functions: dict[str, dict[str, Any]]) -> Spec:
    behind = ("rest", "auth", "functions")
    settings = {
        "port": plan.port,
        "keys": {k: v for k, v in asdict(plan.keys).items() if k != "jwt_secret"},
        "jwt_secret": plan.keys.jwt_secret,
        "sockets": {part: str(plan.socket(part)) for part in behind},
        "functions": {name: {"verify_jwt": f["verify_jwt"]} for name, f in functions.items()},
    }
    files = str(plan.places.sockets)
    # Both the socket and the host of the URL that names it are asked for.
    reached = [word for part in behind for word in (f"unix:{plan.socket(part)}", f"{part}:80")]
    return _deno(
        plan,
        "gateway",
        settings,
        [
            f"--allow-net={','.join([f'127.0.0.1:{plan.port}', *reached])}",
            f"--allow-read={files}",
            f"--allow-write={files}",
            "--allow-env=SETTERBASE_PART",
        ],
        plan.port,
    )


def _deno(
    plan: Plan, part: str, settings: dict[str, Any], permissions: list[str], address: Path | int
) -> Spec:
    programs = plan.toolkit.programs
    arguments = [
        str(plan.toolkit.deno),
        "run",
        "--quiet",
        "--no-prompt",
        "--cached-only",
        f"--config={programs / 'deno.json'}",
        *permissions,
        str(programs / part / "main.ts"),
    ]
    environment = {
        **_inherited(),
        "DENO_DIR": str(plan.toolkit.deno_cache),
        "DENO_NO_UPDATE_CHECK": "1",
        "NO_COLOR": "1",
        "SETTERBASE_PART": json.dumps(settings),
    }
    return Spec(part, arguments, environment, address)


def _inherited() -> dict[str, str]:
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


def _fetching() -> dict[str, str]:
    """Where an edge function's packages come from: as when the parts themselves are fetched."""
    given = toolkits.environment(toolkits.cache())
    return {name: given[name] for name in ("NPM_CONFIG_REGISTRY", "DENO_CERT") if name in given}


def _no_proxy() -> dict[str, str]:
    """A function asks the API of this machine: not by way of a proxy, which has another."""
    given = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    spared = ",".join(dict.fromkeys([*filter(None, given.split(",")), "127.0.0.1", "localhost"]))
    return {"NO_PROXY": spared, "no_proxy": spared}


def _own_environment(config: Config) -> dict[str, str]:
    """`supabase/functions/.env`, which `supabase functions serve` reads too."""
    file = config.project / "supabase" / "functions" / ".env"
    if not file.is_file():
        return {}
    from dotenv import dotenv_values

    return {name: value for name, value in dotenv_values(file).items() if value is not None}
