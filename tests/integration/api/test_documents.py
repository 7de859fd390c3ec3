"""What docs/clients.md and docs/n8n.md show is run, word for word, against the platform."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.support import n8n
from tests.support.api import ROOT, Api, somebody
from tests.support.blocks import blocks
from tests.support.events import add_coach, event

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Coach:
    """A tenant with one member who can sign in."""

    id: UUID
    email: str
    password: str = "secret-1"


@pytest.fixture(scope="module")
def coach(api: Api) -> Coach:
    """A coach with a lead and current figures."""
    email = somebody()
    made = api.admin().auth.admin.create_user(
        {"email": email, "password": Coach.password, "email_confirm": True}
    )
    coach = Coach(uuid4(), email)
    with api.db() as connection:
        add_coach(connection, coach.id)
        connection.execute(
            "insert into public.memberships (coach_id, user_id, role) values (%s, %s, 'owner')",
            [coach.id, made.user.id],
        )
    taken = api.admin().rpc("ingest_event", {"event": event(coach_id=str(coach.id))}).execute()
    assert isinstance(taken.data, dict)
    assert taken.data["result"] == "accepted"
    api.home.run("kpis", "refresh")
    return coach


@pytest.fixture
def environment(api: Api, coach: Coach) -> dict[str, str]:
    """What the page has its reader set."""
    other = uuid4()
    with api.db() as connection:
        add_coach(connection, other)
    return {
        **os.environ,
        "SUPABASE_URL": api.url,
        "SUPABASE_PUBLISHABLE_KEY": api.publishable_key,
        "COACH_EMAIL": coach.email,
        "COACH_PASSWORD": coach.password,
        "OTHER_COACH_ID": str(other),
    }


def last_line(words: list[str], environment: dict[str, str]) -> Any:
    """The last line that a program prints, read as JSON."""
    done = subprocess.run(
        words, env=environment, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("language", ["ts", "python", "sh"])
def test_each_client_reads_what_the_page_says(
    language: str, environment: dict[str, str], tmp_path: Path
) -> None:
    from deno import find_deno_bin

    [program] = blocks("clients.md", language)
    [said] = blocks("clients.md", "json")
    file = tmp_path / f"read.{language}"
    file.write_text(program, encoding="utf-8")
    # With --check the types of the database are held against the program, too.
    shutil.copytree(ROOT / "supabase" / "types", tmp_path / "supabase" / "types")
    config = f"--config={ROOT / 'edge_functions' / 'deno.json'}"
    start = {
        "ts": [find_deno_bin(), "run", config, "--check", "--no-lock", "-A"],
        "python": [sys.executable],
        "sh": ["sh"],
    }
    assert last_line([*start[language], str(file)], environment) == json.loads(said)


def test_what_the_flow_sends_is_applied(api: Api, coach: Coach) -> None:
    """The request of the HTTP Request node, with the headers of n8n's own Supabase credential."""
    contact = json.loads((ROOT / "tests/data/manychat.json").read_text(encoding="utf-8"))
    query = {"coach_id": str(coach.id), "type": "message", "direction": "in"}
    asked = n8n.node("Ingest")["parameters"]
    url = asked["url"].replace("https://YOUR_PROJECT.supabase.co", api.url)
    body = n8n.expression(
        asked["jsonBody"], n8n.code("Make the event", {"query": query, "body": contact})
    )
    for key, status in ((api.secret_key, 200), (api.publishable_key, 401)):
        answer = httpx.request(
            asked["method"],
            url,
            content=body.encode(),
            headers={
                "Content-Type": "application/json",
                "apikey": key,
                "Authorization": f"Bearer {key}",
            },
        )
        assert answer.status_code == status, answer.text
        if status == 200:
            assert answer.json()["result"] == "accepted"


def test_a_lead_can_be_written_directly(api: Api, coach: Coach) -> None:
    [program] = blocks("n8n.md", "sh")
    environment = {
        **os.environ,
        "SUPABASE_URL": api.url,
        "SUPABASE_SECRET_KEY": api.secret_key,
        "COACH_ID": str(coach.id),
    }
    first = last_line(["sh", "-c", program], environment)
    again = last_line(["sh", "-c", program], environment)
    assert first[0]["id"] == again[0]["id"]
    assert first[0]["coach_id"] == str(coach.id)
    assert first[0]["status"] == "new"
