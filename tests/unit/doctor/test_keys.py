"""Keys and addresses that are off, told before anybody is asked; never the key itself."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from setterbase.doctor.checks.keys import keys, urls
from setterbase.doctor.model import Finding, Verdict, World
from setterbase.doctor.place import KEYS, Key, Place, project_of, read
from setterbase.target import Target

SECRET, PUBLISHABLE = "sb_secret_hush", "sb_publishable_hush"
REF, OTHER = "a" * 20, "b" * 20
URL = f"https://{REF}.supabase.co"
DATABASE = f"postgresql://postgres:hush@db.{REF}.supabase.co:5432/postgres"


def token(**claims: Any) -> str:
    """A legacy key, signed by nobody."""

    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'HS256'})}.{part(claims)}.hush"


def world(url: str | None = None, db_url: str | None = None, **values: str) -> World:
    target = Target("environment", db_url) if db_url else None
    given = tuple(Key(name, KEYS[name], value) for name, value in values.items())
    return World(Place(target, None, url, given))


def told(found: list[Finding]) -> str:
    said = " ".join(f"{finding.what} {finding.mend}" for finding in found)
    assert "hush" not in said
    assert "hush" not in repr(found)
    return said


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"SUPABASE_SECRET_KEY": PUBLISHABLE}, "SUPABASE_SECRET_KEY holds a publishable key"),
        ({"SUPABASE_PUBLISHABLE_KEY": SECRET}, "opens every tenant to whoever looks into the app"),
        ({"SUPABASE_SERVICE_ROLE_KEY": token(role="anon")}, "holds a publishable key"),
        ({"SUPABASE_ANON_KEY": token(role="service_role")}, "SUPABASE_ANON_KEY holds a secret key"),
        ({"SUPABASE_ANON_KEY": token(role="anon", exp=time.time() - 1)}, "has expired"),
        ({"SUPABASE_ANON_KEY": token(role="anon", ref=OTHER)}, "a key of another project"),
        ({"SUPABASE_SECRET_KEY": " "}, "set, but empty"),
        ({"SUPABASE_SECRET_KEY": f'"{SECRET}"'}, "blanks or quotes"),
        ({"SUPABASE_SECRET_KEY": f"{SECRET}\n"}, "blanks or quotes"),
        ({"SUPABASE_SECRET_KEY": "hush"}, "is no key"),
        ({"SUPABASE_SECRET_KEY": "hush.hush.hush"}, "is no key"),
    ],
)
def test_a_key_that_is_off(values: dict[str, str], words: str) -> None:
    found = [one for one in keys(world(URL, **values)) if one.verdict is Verdict.PROBLEM]
    assert len(found) == 1
    assert words in told(found)


@pytest.mark.parametrize(
    "values",
    [
        {"SUPABASE_SECRET_KEY": SECRET, "SUPABASE_PUBLISHABLE_KEY": PUBLISHABLE},
        {
            "SUPABASE_SERVICE_ROLE_KEY": token(role="service_role", ref=REF, exp=4e9),
            "SUPABASE_ANON_KEY": token(role="anon"),
        },
    ],
)
def test_sound_keys_of_both_forms(values: dict[str, str]) -> None:
    assert list(keys(world(URL, **values))) == []


def test_keys_that_are_not_set() -> None:
    found = list(keys(world(URL)))
    assert {finding.verdict for finding in found} == {Verdict.WARNING}
    assert "SUPABASE_SECRET_KEY is not" in told(found)
    assert "SUPABASE_PUBLISHABLE_KEY is not" in told(found)
    assert list(keys(world(None, DATABASE))) == []


@pytest.mark.parametrize(
    ("url", "database", "words"),
    [
        ("abc.supabase.co", None, "is no address"),
        (f"https://supabase.com/dashboard/project/{REF}", None, "the dashboard's address"),
        (f"{URL}/rest/v1", None, "Leave '/rest/v1' out"),
        (f"http://{REF}.supabase.co", None, "not encrypted"),
        (URL, DATABASE.replace("5432", "6543"), "transaction pooler"),
        (URL, DATABASE.replace(REF, OTHER), f"DATABASE_URL is {OTHER}"),
        (
            URL,
            f"postgresql://postgres.{OTHER}:hush@aws-0-eu-west-3.pooler.supabase.com:5432/postgres",
            f"DATABASE_URL is {OTHER}",
        ),
    ],
)
def test_an_address_that_is_off(url: str, database: str | None, words: str) -> None:
    found = list(urls(world(url, database)))
    assert [finding.verdict for finding in found] == [Verdict.PROBLEM]
    assert words in told(found)


def test_sound_addresses() -> None:
    assert list(urls(world(f"{URL}/", DATABASE))) == []
    assert list(urls(world("http://127.0.0.1:54321", "postgresql://p:hush@127.0.0.1/x"))) == []
    assert list(urls(world(None, "postgresql://p:hush@127.0.0.1:no/x"))) == []


def test_half_a_project_is_told() -> None:
    (found,) = urls(world(None, DATABASE))
    assert found.verdict is Verdict.WARNING
    assert "SUPABASE_URL does not" in told([found])


def test_the_project_of_an_address() -> None:
    assert project_of(URL) == project_of(DATABASE) == REF
    assert project_of("https://api.exemple.fr") is None
    assert project_of("postgresql://postgres:x@127.0.0.1:54322/postgres") is None


def test_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", DATABASE)
    monkeypatch.setenv("SUPABASE_URL", f" {URL} ")
    monkeypatch.setenv("SUPABASE_SECRET_KEY", SECRET)
    monkeypatch.setenv("SUPABASE_ANON_KEY", "")
    place = read()
    assert (place.api_url, place.is_embedded) == (URL, False)
    assert [key.variable for key in place.keys] == ["SUPABASE_SECRET_KEY", "SUPABASE_ANON_KEY"]
    assert "hush" not in repr(place)
    monkeypatch.setenv("DATABASE_URL", "")
    empty = read()
    assert empty.target is None
    assert "set, but empty" in str(empty.error)
