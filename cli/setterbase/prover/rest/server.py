"""PostgREST over a copy: found, started, stopped."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from setterbase.errors import PlatformError
from setterbase.platform.api import toolkit
from setterbase.prover.rest.client import Client, Request

PATIENCE = 30.0


def find(tell: toolkit.Told) -> Path:
    """PostgREST as `setterbase up` finds it, fetched when nothing is there yet.

    Raises PlatformError when there is none, with what to install.
    """
    try:
        return toolkit.find_postgrest(toolkit.folder())
    except PlatformError:
        return toolkit.ready(tell).postgrest


class Server:
    """PostgREST for one database, on one port of the loopback, with one secret.

    Every request is rolled back unless it asks to be kept. Stopped at the end of the block. `file`
    is an empty one that names the process: all settings are in its environment.
    """

    def __init__(self, program: Path, file: Path, url: str, schemas: Sequence[str]) -> None:
        self.program, self.file = program, file
        secret = secrets.token_urlsafe(48)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.client = Client(port, secret)
        self.version = ""
        self._settings = {
            "DB_URI": url,
            "DB_SCHEMAS": ",".join(schemas),
            "DB_EXTRA_SEARCH_PATH": "public,extensions",
            "DB_ANON_ROLE": "anon",
            "DB_TX_END": "rollback-allow-override",
            "DB_POOL": "1",  # what a connection keeps of one caller meets the next
            "JWT_SECRET": secret,
            "SERVER_HOST": "127.0.0.1",
            "SERVER_PORT": str(port),
            "OPENAPI_MODE": "disabled",
            "LOG_LEVEL": "error",
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._log.close()

    def start(self) -> None:
        """Raises PlatformError with PostgREST's own reason when it does not come up."""
        environment = {f"PGRST_{name}": value for name, value in self._settings.items()}
        self._process = subprocess.Popen(
            [self.program, self.file],
            env={"PATH": os.environ.get("PATH", ""), **environment},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self._process.poll() is None:
            if self._is_ready():
                return
            time.sleep(0.02)
        self.stop()
        self._log.seek(0)
        said = self._log.read().decode("utf-8", "replace").strip().splitlines() or ["no word"]
        raise PlatformError(f"PostgREST did not come up: {said[-1]}.")

    def stop(self) -> None:
        """Does nothing when it does not run."""
        self.client.close()
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _is_ready(self) -> bool:
        """Whether it answers, and not with «not yet»: it has read the schema."""
        try:
            answer = self.client.ask(None, Request("GET", "/"))
        except OSError:
            return False
        self.version = answer.headers.get("server", "").removeprefix("postgrest/")
        return answer.status != 503
