"""What a project answers to a client."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from setterbase.doctor.api import Answer, Project, SilentError
from setterbase.doctor.model import Finding, UnseenError, World, warning
from setterbase.doctor.place import Key, Power

TENANTS = "/rest/v1/coachs?select=id&limit=1"
SKEW_SECONDS = 30.0


def secret_key(world: World) -> Iterator[Finding]:
    """The secret key opens the project, and the API shows our tables."""
    project, key = _with(world, "secret")
    answer = project.ask(TENANTS, key)
    if answer.status == 200:
        return
    if answer.code in ("PGRST205", "42P01"):
        yield Finding(
            "The API does not know our tables.",
            "Run `setterbase migrate up`; if that has been done, have PostgREST look again:"
            " notify pgrst, 'reload schema'.",
        )
    elif answer.code == "PGRST106":
        yield Finding("The schema `public` is not exposed.", "Expose it in the API settings.")
    elif answer.code == "42501":
        yield Finding(
            f"The key in {key.variable} may not read tenants: it is not a secret key, or the"
            " grants are gone.",
            "See the checks `keys` and `missing_grants`.",
        )
    elif answer.status in (401, 403):
        yield _refused(key)
    else:
        yield _odd(answer)


def publishable_key(world: World) -> Iterator[Finding]:
    """The publishable key is known, and opens nothing by itself."""
    project, key = _with(world, "publishable")
    answer = project.ask(TENANTS, key)
    if answer.code in ("42501", "PGRST205", "42P01", "PGRST106"):
        return  # known, and refused by the database
    if answer.status == 200:
        if answer.body:
            yield Finding(
                f"The key in {key.variable} reads tenants without anybody signed in.",
                "If it is a secret key, replace it; else see `setterbase verify`.",
            )
        else:
            yield warning(
                "Whoever is not signed in may ask for tenants; row level security alone answers"
                " with nothing.",
                "revoke all on all tables in schema public from anon;",
            )
    elif answer.status in (401, 403):
        yield _refused(key)
    else:
        yield _odd(answer)


def exposed_schemas(world: World) -> Iterator[Finding]:
    """The API serves `public`, and not what is private."""
    project, key = _with(world, "secret")
    for schema in ("private", "auth", "cron"):
        answer = project.ask(f"/rest/v1/doctor_{schema}?limit=0", key, Accept_Profile=schema)
        if answer.status in (401, 403) and answer.code != "42501":
            raise UnseenError(f"the API refused the key in {key.variable}")
        if answer.code != "PGRST106":
            yield Finding(
                f"The API exposes the schema `{schema}`.",
                f"Take `{schema}` out of the exposed schemas of the API settings.",
            )


def clock(world: World) -> Iterator[Finding]:
    """This machine, the API and the database agree what time it is."""
    looked = False
    if world.project is not None:
        before = time.time()
        try:
            seconds = world.project.ask("/auth/v1/health", world.place.key("publishable")).seconds
        except SilentError:
            seconds = None  # the checks of the keys tell it
        after = time.time()
        if seconds is not None:
            looked = True
            # The header has whole seconds.
            yield from _skew("the API", max(before - seconds - 1, seconds - after, 0.0))
    if world.connection is not None:
        before = time.time()
        row = world.connection.execute(
            "select extract(epoch from clock_timestamp())::float8"
        ).fetchone()
        assert row is not None
        looked = True
        yield from _skew("the database", max(before - row[0], row[0] - time.time(), 0.0))
    if not looked:
        raise UnseenError("neither the API nor the database answers")


def functions(world: World) -> Iterator[Finding]:
    """The edge functions are deployed, and `health` answers anybody."""
    assert world.project is not None
    answer = world.project.ask("/functions/v1/health")
    if answer.status == 404:
        yield warning(
            "The edge function `health` is not deployed.", "Run `supabase functions deploy`."
        )
    elif answer.status in (401, 403):
        yield warning(
            "The edge function `health` asks for a token: monitors have none.",
            "Deploy with this project's supabase/config.toml, which says verify_jwt = false.",
        )
    elif not (isinstance(answer.body, dict) and "checks" in answer.body):
        yield warning(
            f"The edge function `health` does not start: it answers {answer.status}.",
            "See the logs of the function.",
        )


def same_project(world: World) -> Iterator[Finding]:
    """The API stands before the database that the address names."""
    project, key = _with(world, "secret")
    assert world.connection is not None
    before = _marks(_health(world))
    answer = project.ask("/rest/v1/rpc/health", key, method="POST")
    if answer.status != 200:
        raise UnseenError("the API does not answer the call of health(); see `secret_key`")
    # A refresh in between changes the marks: then nobody can tell.
    if before == _marks(_health(world)) != _marks(answer.body):
        yield Finding(
            "SUPABASE_URL and the database's address lead to two different databases.",
            "Let both name the same project.",
        )


def _with(world: World, power: Power) -> tuple[Project, Key]:
    assert world.project is not None
    key = world.place.key(power)
    if key is None or not key.value.strip():
        raise UnseenError(f"no {power} key is set")
    return world.project, key


def _skew(whose: str, seconds: float) -> Iterator[Finding]:
    if seconds > SKEW_SECONDS:
        yield Finding(
            f"The clock of {whose} and this machine's differ by {seconds:,.0f} seconds: tokens"
            " look expired, or not valid yet.",
            "Let both follow a time server (NTP).",
        )


def _refused(key: Key) -> Finding:
    return Finding(
        f"The project refuses the key in {key.variable}.",
        "Copy it anew from the settings of the project that SUPABASE_URL names.",
    )


def _odd(answer: Answer) -> Finding:
    code = f" ({answer.code})" if answer.code else ""
    return Finding(
        f"The REST API answers {answer.status}{code}.",
        "Is SUPABASE_URL the project's address, and is the project awake? See its logs.",
    )


def _health(world: World) -> Any:
    assert world.connection is not None
    row = world.connection.execute("select public.health()").fetchone()
    assert row is not None
    return row[0]


def _marks(told: Any) -> tuple[Any, ...]:
    health = told if isinstance(told, dict) else {}
    kpis = health.get("kpis") or {}
    return health.get("postgres"), health.get("last_migration"), kpis.get("last_refresh_at")
