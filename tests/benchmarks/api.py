"""The embedded platform: what its gateway, its rest, its start and a hundred coaches cost."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from tests.benchmarks import http
from tests.benchmarks.report import Limit, Measured, quiet
from tests.support import api as apis
from tests.support import scratch
from tests.support.api import Api
from tests.support.homes import Home

CONCURRENCY = 16
ROUNDS = 7
PATH = "/coach_dashboard_kpis?select=*"


def run(*, small: bool, only: str | None) -> Iterator[Measured | Limit]:
    """All measurements, or those whose name holds `only`."""
    folder = scratch.folder("setterbase-bench-", on_disk=True)
    folder.chmod(0o755)
    home = Home(folder / "home", project=apis.ROOT)
    suite: dict[str, Callable[[Api, int], Iterator[Measured | Limit]]] = {
        "gateway": through_the_gateway,
        "memory": idle_memory,
        "coaches": hundred_coaches,
        "start": starting_and_stopping,
    }
    try:
        api = apis.started(home)
        for name, measure in suite.items():
            if only is None or only in name:
                yield from measure(api, 10 if small else 1)
        for client in api.opened:
            client.close()
    finally:
        home.remove()
        shutil.rmtree(folder, ignore_errors=True)


def through_the_gateway(api: Api, scale: int) -> Iterator[Measured]:
    """A KPI row as its owner, through the gateway and from PostgREST itself, in turn."""
    token = _owner(api)
    requests = 8_000 // scale
    rounds: dict[str, list[float]] = {"through the gateway": [], "PostgREST directly": []}
    medians: dict[str, list[float]] = {way: [] for way in rounds}
    environment = {
        "PGRST_DB_URI": api.home.url("authenticator"),
        "PGRST_JWT_SECRET": api.names["JWT_SECRET"],
        "PGRST_DB_POOL": "10",
        "PGRST_LOG_LEVEL": "error",
    }
    with http.postgrest(environment) as direct:
        ways = {
            "through the gateway": (f"{api.url}/rest/v1{PATH}", api.publishable_key),
            "PostgREST directly": (f"{direct}{PATH}", None),
        }
        for url, key in ways.values():
            asyncio.run(_load(url, key, token, requests // 4))  # warms both alike
        for _ in range(ROUNDS):
            for way, (url, key) in ways.items():
                quiet(10)
                took = asyncio.run(_load(url, key, token, requests))
                medians[way].append(median(took) * 1000)
                rounds[way].append(1 / median(took))
    shown = "; ".join(
        f"{way} {', '.join(f'{value:.2f}' for value in values)} ms"
        for way, values in medians.items()
    )
    yield Measured(
        "A KPI row through the gateway",
        "1 / p50, so that more is better",
        rounds,
        1 / 1.5,
        [
            f"p50 by round: {shown}.",
            f"{CONCURRENCY} connections that stay open, {requests:,} requests a round.",
        ],
    )


def idle_memory(api: Api, scale: int) -> Iterator[Limit]:
    """Everything that `up` started, after a while of rest."""
    time.sleep(5 / scale)
    pids = api.home.processes()
    shares = {pid: _memory(pid) for pid in pids}
    yield Limit(
        "Memory of the idle platform",
        sum(share for share, _ in shares.values()),
        400,
        "MB",
        [
            f"{len(pids)} processes; proportional shares (PSS) of /proc. With every shared page"
            f" counted for each of them: {sum(whole for _, whole in shares.values()):,.0f} MB.",
        ],
    )


def hundred_coaches(api: Api, scale: int) -> Iterator[Limit]:
    """`coach create --from` a file of 100, each with auth user, tenant and link."""
    took = []
    for _ in range(max(5 // scale, 1)):
        lines = [f"{apis.somebody()},Coach {number},Yoga" for number in range(100)]
        file = api.home.folder.parent / "coaches.csv"
        file.write_text("\n".join(["email,name,specialty", *lines]), encoding="utf-8")
        quiet(10)
        began = time.perf_counter()
        api.home.run("coach", "create", "--from", str(file))
        took.append(time.perf_counter() - began)
    shown = ", ".join(f"{100 / value:,.0f}" for value in took)
    yield Limit(
        "A hundred coaches from a file",
        max(took) * 1000,
        10_000,
        "ms",
        [f"The slowest of {len(took)}: {shown} coaches a second, the command's start included."],
    )


def starting_and_stopping(api: Api, scale: int) -> Iterator[Limit]:
    """`up` with a made home and a warm cache, `down`; each as a person waits for it."""
    ups, downs = [], []
    for _ in range(max(5 // scale, 1)):
        quiet(10)
        began = time.perf_counter()
        api.home.run("down")
        downs.append(time.perf_counter() - began)
        began = time.perf_counter()
        api.home.run("up")
        ups.append(time.perf_counter() - began)
    for name, took, limit in (("`up`, warm", ups, 5.0), ("`down`", downs, 2.0)):
        shown = ", ".join(f"{value * 1000:,.0f}" for value in took)
        yield Limit(name, max(took) * 1000, limit * 1000, "ms", [f"The slowest of {shown} ms."])


def _owner(api: Api) -> str:
    """The token of somebody who has a tenant with figures."""
    client = api.visitor()
    session = client.auth.sign_up({"email": apis.somebody(), "password": "secret-1"})
    assert session.user
    assert session.session
    with api.db() as connection:
        connection.execute(
            "insert into public.coachs (id, name, email) values (%s, 'Ana', %s)",
            [session.user.id, session.user.email],
        )
        connection.execute(
            "insert into public.memberships (coach_id, user_id, role) values (%s, %s, 'owner')"
            " on conflict do nothing",
            [session.user.id, session.user.id],
        )
        connection.execute("select private.refresh_kpis(true)")
    return session.session.access_token


async def _load(url: str, key: str | None, token: str, requests: int) -> list[float]:
    """The seconds that each of so many requests took, over 16 connections that stay open."""
    rest = url.removeprefix("http://")
    address, _, path = rest.partition("/")
    host, _, port = address.partition(":")
    head = f"GET /{path} HTTP/1.1\r\nHost: {address}\r\nAccept: application/json\r\n"
    head += f"Authorization: Bearer {token}\r\n" + (f"apikey: {key}\r\n" if key else "")
    request = f"{head}\r\n".encode()
    took: list[float] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for _ in range(requests // CONCURRENCY):
            began = time.perf_counter()
            writer.write(request)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200"), answer
            body = await _body(reader, answer.lower())
            took.append(time.perf_counter() - began)
            assert b"coach_id" in body, body
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONCURRENCY)))
    return took


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    if b"content-length:" in head:
        length = head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
        return await reader.readexactly(int(length))
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body


def _memory(pid: int) -> tuple[float, float]:
    """Megabytes of a process: its proportional share, and everything that it has in memory."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines():
        name, _, rest = line.partition(":")
        if name in ("Pss", "Rss"):
            found[name] = int(rest.split()[0]) * 1024 / 1e6
    return found["Pss"], found["Rss"]
