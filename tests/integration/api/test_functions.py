"""Edge functions behind the gateway: whose token, whose source, whose end."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from setterbase.platform import processes
from tests.support import scratch
from tests.support.api import names_of
from tests.support.homes import Home

pytestmark = pytest.mark.slow

HELLO = """
import { word } from "../_shared/words.ts";
Deno.serve(async (request) => Response.json({
  word,
  path: new URL(request.url).pathname,
  authorization: request.headers.get("authorization"),
  apikey: request.headers.get("apikey"),
  body: await request.text(),
  own: Deno.env.get("OWN"),
  names: Object.keys(Deno.env.toObject()).filter((name) => name.startsWith("SUPABASE_")).sort(),
  pid: Deno.pid,
}));
"""

SPOILED = "throw new Error('spoiled');"
READS = """
Deno.serve(() => { try { Deno.readTextFileSync("/etc/passwd"); return new Response("read"); }
  catch (error) { return new Response(error.name); } });
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    folder = scratch.folder("setterbase-functions-", on_disk=True)
    folder.chmod(0o755)
    functions = folder / "supabase/functions"
    for name, text in (
        ("hello/index.ts", HELLO),
        ("open/index.ts", HELLO),
        ("spoiled/index.ts", SPOILED),
        ("reads/index.ts", READS),
        ("_shared/words.ts", "export const word = 'one';"),
        (".env", "OWN=mine\n"),
    ):
        (functions / name).parent.mkdir(parents=True, exist_ok=True)
        (functions / name).write_text(text)
    (folder / "supabase/config.toml").write_text(
        "[functions.open]\nverify_jwt = false\n[functions.reads]\nverify_jwt = false\n"
    )
    made = Home(folder / ".setterbase", project=folder)
    made.run("up")
    yield made
    made.remove()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def names(home: Home) -> dict[str, str]:
    return names_of(home)


def test_a_token_is_asked_for(home: Home, names: dict[str, str]) -> None:
    url = f"{names['FUNCTIONS_URL']}/hello"
    nobody = httpx.post(url)
    assert (nobody.status_code, nobody.json()) == (
        401,
        {"code": 401, "message": "Missing authorization header"},
    )
    wrong = httpx.post(url, headers={"Authorization": "Bearer x"})
    assert (wrong.status_code, wrong.json()) == (401, {"code": 401, "message": "Invalid JWT"})
    for key, token in (
        ("ANON_KEY", "ANON_KEY"),
        ("SERVICE_ROLE_KEY", "SERVICE_ROLE_KEY"),
        ("PUBLISHABLE_KEY", "ANON_KEY"),  # an opaque key becomes the token that it stands for
        ("SECRET_KEY", "SERVICE_ROLE_KEY"),
    ):
        for headers in ({"Authorization": f"Bearer {names[key]}"}, {"apikey": names[key]}):
            answer = httpx.post(url, headers=headers, timeout=30)
            assert answer.status_code == 200, answer.text + home.run("logs", "functions").stdout
            seen = answer.json()
            assert seen["authorization"] in (f"Bearer {names[token]}", None)
    assert httpx.post(url, headers={"apikey": "sb_secret_x"}).status_code == 401


def test_a_function_that_asks_for_none_gets_the_headers_as_they_came(
    names: dict[str, str],
) -> None:
    url = f"{names['FUNCTIONS_URL']}/open/a/path?x=1"
    seen = httpx.post(url, content=b"hi", timeout=30).json()
    assert (seen["path"], seen["body"], seen["authorization"]) == ("/open/a/path", "hi", None)
    headers = {"apikey": names["SECRET_KEY"], "Authorization": f"Bearer {names['SECRET_KEY']}"}
    seen = httpx.post(url, headers=headers).json()
    assert seen["authorization"] == headers["Authorization"]
    assert seen["apikey"] == names["SECRET_KEY"]


def test_it_has_hosteds_environment_and_the_projects_own(names: dict[str, str]) -> None:
    seen = httpx.get(f"{names['FUNCTIONS_URL']}/open", timeout=30).json()
    assert seen["own"] == "mine"
    assert seen["names"] == [
        "SUPABASE_ANON_KEY",
        "SUPABASE_DB_URL",
        "SUPABASE_PUBLISHABLE_KEYS",
        "SUPABASE_SECRET_KEYS",
        "SUPABASE_SERVICE_ROLE_KEY",
        "SUPABASE_URL",
    ]


def test_a_change_of_its_source_is_seen(home: Home, names: dict[str, str]) -> None:
    url = f"{names['FUNCTIONS_URL']}/open"
    before = httpx.get(url, timeout=30).json()
    assert httpx.get(url).json()["pid"] == before["pid"]
    assert home.project
    (home.project / "supabase/functions/_shared/words.ts").write_text("export const word = 'two';")
    time.sleep(0.6)  # it looks twice a second at most
    after = httpx.get(url, timeout=30).json()
    assert (before["word"], after["word"]) == ("one", "two")
    assert after["pid"] != before["pid"]


def test_one_that_does_not_start_is_told_and_stops_no_other(
    home: Home, names: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {names['ANON_KEY']}"}
    answer = httpx.get(f"{names['FUNCTIONS_URL']}/spoiled", headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (503, "BOOT_ERROR")
    assert "spoiled" in home.run("logs", "functions").stdout
    assert httpx.get(f"{names['FUNCTIONS_URL']}/open", timeout=30).status_code == 200
    assert httpx.get(f"{names['FUNCTIONS_URL']}/_shared", headers=headers).status_code == 404


def test_it_reads_no_file_of_the_machine(names: dict[str, str]) -> None:
    assert httpx.get(f"{names['FUNCTIONS_URL']}/reads", timeout=30).text == "NotCapable"


def test_its_process_ends_with_the_host(home: Home, names: dict[str, str]) -> None:
    url = f"{names['FUNCTIONS_URL']}/open"
    pid = httpx.get(url, timeout=30).json()["pid"]
    noted = home.record()
    assert noted
    host = noted.parts["functions"].process
    assert host
    os.kill(host.pid, signal.SIGKILL)
    assert processes.wait_gone([pid], 10)
    until = time.monotonic() + 20
    while httpx.get(url, timeout=30).status_code != 200:
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_killed_supervisor_leaves_no_function(home: Home, names: dict[str, str]) -> None:
    pid = httpx.get(f"{names['FUNCTIONS_URL']}/open", timeout=30).json()["pid"]
    noted = home.record()
    assert noted
    os.kill(noted.supervisor.pid, signal.SIGKILL)
    assert processes.wait_gone([pid], 10)
    home.run("up")
    assert httpx.get(f"{names['FUNCTIONS_URL']}/open", timeout=30).status_code == 200


def test_it_may_not_be_named_to_leave_its_folder(home: Home, names: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {names['ANON_KEY']}"}
    for name in ("__proto__", "constructor", "..%2f..%2fetc", ""):
        answer = httpx.get(f"{names['FUNCTIONS_URL']}/{name}", headers=headers)
        assert answer.status_code == 404
    assert Path(home.folder).exists()
