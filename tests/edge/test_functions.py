"""The edge functions by themselves: their own tests, types and style, and what a deploy ships."""

from __future__ import annotations

import email
import email.policy
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support import official

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ROOT / "edge_functions"
NAMES = sorted(path.parent.name for path in FUNCTIONS.glob("*/index.ts"))


def deno(*words: str, cwd: Path = FUNCTIONS) -> str:
    """Run it among the functions; its output, without colours."""
    from deno import find_deno_bin

    done = subprocess.run(
        [find_deno_bin(), *words],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_their_own_tests_pass() -> None:
    """Without any permission: a handler reaches the world through what it is given."""
    assert "0 failed" in deno("test", "--no-check", "--no-prompt")


@pytest.mark.slow  # fetches supabase-js where it is not cached
@pytest.mark.parametrize("words", [("check", "."), ("lint",), ("fmt", "--check")], ids=" ".join)
def test_types_and_style(words: tuple[str, ...]) -> None:
    deno(*words)


class Shipped:
    """What the platform's management API was sent for one function."""

    def __init__(self, slug: str, content_type: str, body: bytes) -> None:
        head = f"Content-Type: {content_type}\r\n\r\n".encode()
        message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
        self.slug = slug
        self.metadata: dict[str, Any] = {}
        self.files: dict[str, bytes] = {}
        for part in message.iter_parts():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            if part.get_param("name", header="content-disposition") == "metadata":
                self.metadata = json.loads(content)
            else:
                name = part.get_param("filename", header="content-disposition")
                self.files[str(name)] = content


@contextmanager
def management_api(got: list[Shipped]) -> Iterator[str]:
    """The few calls of a deploy, kept in `got`; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            slug = parse_qs(urlsplit(self.path).query)["slug"][0]
            got.append(Shipped(slug, self.headers["Content-Type"], body))
            self._say({"id": slug, "slug": slug, "name": slug, "status": "ACTIVE", "version": 1})

        def do_PUT(self) -> None:
            """Where there are several, they are put into force together at the end."""
            length = int(self.headers["Content-Length"])
            self._say({"functions": json.loads(self.rfile.read(length))})

        def _say(self, said: object) -> None:
            text = json.dumps(said).encode()
            self.send_response(201 if self.command == "POST" else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.slow
def test_the_official_deploy_ships_all_that_each_needs(tmp_path: Path) -> None:
    official.require()
    got: list[Shipped] = []
    with management_api(got) as url:
        profile = tmp_path / "profile.yaml"
        profile.write_text(
            "".join(f"{name}: {url}\n" for name in ("api_url", "dashboard_url", "docs_url"))
            + "name: test\nproject_host: exemple.fr\n"
        )
        done = subprocess.run(
            [
                *(str(official.PROGRAM), "functions", "deploy", "--use-api", "--yes"),
                *("--remote=abcdefghijklmnopqrst", f"--profile={profile}"),
            ],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "DO_NOT_TRACK": "1",
                "SUPABASE_TELEMETRY_DISABLED": "1",
                "SUPABASE_ACCESS_TOKEN": "sbp_" + "0" * 40,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(function.slug for function in got) == NAMES
    for function in got:
        folder = tmp_path / function.slug
        for name, content in function.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        assert not any(name.endswith(".test.ts") for name in function.files)
        metadata = function.metadata
        assert metadata["verify_jwt"] is False
        # The files that were sent are enough, and the import map is the one that they name.
        deno("check", "--config", metadata["import_map_path"], metadata["entrypoint_path"],
             cwd=folder)  # fmt: skip
