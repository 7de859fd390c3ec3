"""Starting and stopping the API of a home, and telling about it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from setterbase.errors import PlatformError
from setterbase.platform.api import config as configs
from setterbase.platform.api import keys as keyring
from setterbase.platform.api import record
from setterbase.platform.api import toolkit as toolkits
from setterbase.platform.api.keys import Keys
from setterbase.platform.api.places import PARTS, Places
from setterbase.platform.api.record import Record
from setterbase.platform.api.toolkit import Told

START_SECONDS = 60.0
STOP_SECONDS = 4.0

# Below the range that kernels hand out, and beside that of the databases.
PORTS = range(29400, 32700)


@dataclass(frozen=True)
class Api:
    """The API of a home: its address and keys when it is up, and how each part is."""

    state: str
    url: str | None
    keys: Keys | None
    parts: dict[str, str]


def status(places: Places) -> Api:
    """What there is, without starting anything. `state` is running, starting or stopped."""
    found = running(places)
    if found is None:
        return Api("stopped", None, None, {})
    states = {name: part.state for name, part in found.parts.items()}
    state = "running" if found.ready else "starting"
    url = f"http://127.0.0.1:{found.port}"
    return Api(state, url, keyring.read(places.keys), dict(states))


def running(places: Places) -> Record | None:
    """The record of a supervisor that is alive."""
    found = record.read(places.record)
    return found if found and record.alive(found.supervisor) else None


def start(places: Places, project: Path, told: Told) -> bool:
    """Start the API beside a database that runs; False when it was running already.

    The caller holds the home's lock. Raises PlatformError, with what the part that failed said.
    """
    if running(places):
        _await(places)
        return False
    stop(places)  # what a killed supervisor left
    toolkits.ready(told)
    config = configs.read(project)
    configs.functions(config)  # said now rather than in a log
    port = _port(places, config)
    places.make()
    keyring.load(places.keys)
    before = {part: _length(places.log(part)) for part in ("supervisor", *PARTS)}
    process = _launch(places, project, port)
    try:
        _await(places, process, before)
    except BaseException:  # Ctrl-C, too: half an API is none
        stop(places)
        raise
    places.port.write_text(str(port), encoding="utf-8")
    return True


def ask_to_stop(places: Places) -> None:
    """Tell the supervisor to end its parts, and do not wait: `stop` does."""
    if found := running(places):
        with contextlib.suppress(ProcessLookupError):
            os.kill(found.supervisor.pid, signal.SIGTERM)


def stop(places: Places) -> bool:
    """End the supervisor and everything that it started. False when nothing ran."""
    found = record.read(places.record)
    stopped = found is not None and record.stop(found, grace=STOP_SECONDS)
    places.record.unlink(missing_ok=True)
    return stopped


def _launch(places: Places, project: Path, port: int) -> subprocess.Popen[bytes]:
    log = places.log("supervisor")
    with log.open("ab") as stream:
        log.chmod(0o600)
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "setterbase.platform.api.supervisor",
                str(places.home),
                str(project),
                str(port),
            ],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,  # else the terminal's Ctrl-C would reach it
        )


def _await(
    places: Places,
    process: subprocess.Popen[bytes] | None = None,
    before: Mapping[str, int] | None = None,
) -> None:
    """Until every part is ready. Raises PlatformError when one keeps failing.

    `before` is how long the logs were at the start: what is older explains nothing.
    """
    before = before or {}
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        found = running(places)
        if found and found.ready:
            return
        if process is not None and process.poll() is not None:
            raise PlatformError(
                f"the supervisor of the API ended: {_last_line(places, 'supervisor', before)}.",
                hint=f"See {places.log('supervisor')}.",
            )
        if process is None and found is None:
            raise PlatformError("the API was stopped meanwhile.", hint="Try `setterbase up` again.")
        for name, part in (found.parts if found else {}).items():
            if part.restarts >= 3 and part.state != "running":
                said = _last_line(places, name, before)
                raise PlatformError(
                    f"the part '{name}' of the API does not start: {said}.",
                    hint=f"See {places.log(name)}.",
                )
        time.sleep(0.02)
    raise PlatformError(
        f"the API is not ready after {START_SECONDS:.0f} seconds.",
        hint=f"See the logs in {places.log('supervisor').parent}.",
    )


def _port(places: Places, config: configs.Config) -> int:
    """The port of the gateway: the one that is asked for, the remembered one, or a free one.

    Raises PlatformError when one that clients know by now is taken.
    """
    asked = configs.api_port(config)
    if asked:
        port, setting = asked
        if not _free(port):
            raise PlatformError(
                f"port {port}, where the API should listen, is in use.",
                hint=f"Stop what listens there, or change {setting}.",
            )
        return port
    try:
        remembered = int(places.port.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        digest = hashlib.sha256(os.fsencode(places.home)).digest()
        first = int.from_bytes(digest[:8], "big")
        for step in range(len(PORTS)):
            port = PORTS[(first + step) % len(PORTS)]
            if _free(port):
                return port
        raise PlatformError(
            f"no port from {PORTS.start} to {PORTS.stop - 1} is free on 127.0.0.1.",
            hint="Name another in SETTERBASE_API_PORT.",
        ) from None
    if not _free(remembered):
        raise PlatformError(
            f"port {remembered}, where this platform's API has listened so far, is in use.",
            hint="Stop what listens there, or name another port in SETTERBASE_API_PORT.",
        )
    return remembered


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _length(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _last_line(places: Places, part: str, before: Mapping[str, int]) -> str:
    """The line of a log that says most about an end: an error if there is one."""
    try:
        with places.log(part).open("rb") as log:
            log.seek(before.get(part, 0))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return "it left no word"
    lines = [line.strip() for line in text.splitlines() if line.strip()][-30:]
    errors = [line for line in lines if "rror" in line]
    return (errors or lines or ["it left no word"])[-1].rstrip(".")
