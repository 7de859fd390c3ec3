"""The embedded platform of a project, as commands see it: up, down, status, its address."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from setterbase.errors import PlatformError
from setterbase.platform import account, binaries, cluster, home
from setterbase.platform.api import control
from setterbase.platform.api.control import Api
from setterbase.platform.api.places import Places
from setterbase.platform.cluster import Cluster
from setterbase.platform.home import Home, State

Grants = Literal["current", "legacy"]

# Written into the data folder once its databases are bootstrapped: data without it is healed by
# running the bootstrap again, which does what is missing.
READY = "setterbase.ready"


@dataclass(frozen=True)
class Status:
    """An embedded platform: `state` and, when it runs, how to reach it.

    `started` tells that this very call started it. `db_url` carries the password of `postgres`.
    """

    state: Literal["running", "stopped", "absent"]
    home: Path
    data: Path | None = None
    log: Path | None = None
    version: int | None = None
    grants: str | None = None
    port: int | None = None
    pid: int | None = None
    db_url: str | None = None
    started: bool = False
    api: Api | None = None


def up(grants: Grants | None = None) -> Status:
    """The running database, made and started as far as needed; `grants` None keeps what it has.

    Raises PlatformError when it cannot start, or was made with the other grants.
    """
    place = _home()
    if (quick := _running(place)) and grants in (None, quick.grants):
        return quick
    with _disk_of(place), place.locked():
        if (quick := _running(place)) and grants in (None, quick.grants):
            return quick
        return start(place, grants)


def up_with_api(grants: Grants | None, told: Callable[[str], None]) -> Status:
    """Like `up`, with the API before it; `told` hears what is fetched, once per version.

    Raises PlatformError also when a part of the API is missing or does not start.
    """
    from setterbase.target import project_root

    place = _home()
    with _disk_of(place), place.locked():
        quick = _running(place)
        database = quick if quick and grants in (None, quick.grants) else start(place, grants)
        started = control.start(Places(place.folder), project_root(), told)
    return replace(_with_api(database, place), started=started or database.started)


def start(place: Home, grants: Grants | None = None) -> Status:
    """Start the database of `place`, whose lock the caller holds."""
    who = account.choose()
    state = place.read() or home.settle(place, who, grants or "current")
    if grants not in (None, state.grants):
        raise PlatformError(
            f"the platform in {place.folder} was made with `--grants {state.grants}`.",
            hint="Name another folder in SETTERBASE_HOME, or run `setterbase down` and delete"
            " that one.",
        )
    return _start(place, state, who)


def down() -> bool:
    """Stop the platform; what it holds stays. False when it was not running."""
    place = _home()
    state = place.read()
    if state is None:
        return False
    _described(place, state)  # somebody else's server is not looked for, still less stopped
    with place.locked():
        places = Places(place.folder)
        # Both end at once; a part that misses its database now is about to end, too.
        api = control.running(places) is not None
        control.ask_to_stop(places)
        database = cluster.stop(_cluster(place, account.choose()))
        return control.stop(places) or database or api


def status() -> Status:
    """What there is, without starting anything."""
    place = _home()
    return _with_api(_described(place, place.read()), place)


def database_url(start: bool = True) -> str:
    """The address of database `postgres` for role `postgres`, started when down and `start`.

    Raises PlatformError when it is down and may not be started, or cannot start.
    """
    return connect(start=start).db_url or ""


def connect(start: bool = True) -> Status:
    """Like `database_url`, with whatever else there is to tell: `started` above all."""
    found = up() if start else status()
    if found.state != "running":
        raise PlatformError(
            "the embedded platform is not running.", hint="Start it with `setterbase up`."
        )
    return found


def superuser_url(database: str = "postgres") -> str:
    """The address for `supabase_admin`, whom only the platform itself has a use for."""
    place = _home()
    state, running = place.read(), connect(start=False)
    assert state is not None
    assert running.port is not None
    return url(running.port, cluster.SUPERUSER, state.passwords[cluster.SUPERUSER], database)


def logs(part: str, lines: int, follow: bool) -> Iterator[str]:
    """The last `lines` lines of the log of `database`, `supervisor` or a part of the API.

    With `follow` those to come, too.

    Raises PlatformError when there is no log yet.
    """
    from setterbase.platform import tail

    log = status().log if part == "database" else Places(_home().folder).log(part)
    if log is None or not log.exists():
        raise PlatformError("there is no log yet.", hint="Start the platform with `setterbase up`.")
    return tail.tail(log, lines, follow)


def url(port: int, role: str, password: str, database: str = "postgres") -> str:
    """An address that libpq, psycopg and the official CLI all read."""
    return f"postgresql://{role}:{password}@127.0.0.1:{port}/{database}"


@contextmanager
def _disk_of(place: Home) -> Iterator[None]:
    """A disk that takes no more is told as what it is: the home's."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            raise
        raise PlatformError(
            f"cannot write to {place.folder}: {error.strerror}.",
            hint="Make room there, or name a folder on another disk in SETTERBASE_HOME.",
        ) from None


def _home() -> Home:
    from setterbase.target import load_environment, project_root

    load_environment()  # SETTERBASE_HOME may be said in `.env`
    return home.locate(os.environ.get("SETTERBASE_HOME"), project_root())


def _cluster(place: Home, who: account.Account) -> Cluster:
    return Cluster(home.folder_of(place), binaries.find(), who)


def _with_api(database: Status, place: Home) -> Status:
    return replace(database, api=control.status(Places(place.folder)))


def _running(place: Home) -> Status | None:
    """The status of a server that is up and bootstrapped, found without the lock; else None."""
    state = place.read()
    if state is None:
        return None
    found = _described(place, state)
    return found if found.state == "running" else None


def _described(place: Home, state: State | None) -> Status:
    if state is None:
        return Status("absent", place.folder)
    data = home.folder_of(place) / "data"
    log = data.parent / "postgres.log"
    try:
        if not (data / READY).exists():
            return Status("absent", place.folder, log=log)
        version = int((data / "PG_VERSION").read_text(encoding="utf-8"))
    except PermissionError as error:
        raise home.unreadable(data, error) from None
    server = cluster.server_in(data)
    if server is None or not server.ready:
        return Status("stopped", place.folder, data, log, version, state.grants)
    address = url(server.port, "postgres", state.passwords["postgres"])
    return Status(
        "running", place.folder, data, log, version, state.grants, server.port, server.pid, address
    )


def _start(place: Home, state: State, who: account.Account) -> Status:
    """Make what is missing, start, bootstrap what is not bootstrapped. Under the lock."""
    wanted = _cluster(place, who)
    made = _fitting(wanted)
    if not made.folder.is_relative_to(place.folder):
        home.mark(made.folder, place)
    if not made.exists:
        cluster.create(made, state.passwords[cluster.SUPERUSER])
    server = cluster.start(made, state.port or None)
    state = home.with_port(place, state, server.port)
    if not (made.data / READY).exists():
        _bootstrap(state, server.port)
        (made.data / READY).touch()
        who.own(made.data / READY)
    return replace(_described(place, state), started=True)


def _fitting(wanted: Cluster) -> Cluster:
    """The cluster with programs that its account can run. Raises PlatformError on another major."""
    if wanted.account.borrowed and wanted.folder.exists():
        wanted.account.own(wanted.folder)
    if not wanted.folder.exists():  # removed by hand while the memory stayed: an empty start
        wanted.folder.mkdir(mode=0o700, parents=True)
        wanted.account.own(wanted.folder)
    if wanted.exists:
        major = int((wanted.data / "PG_VERSION").read_text(encoding="utf-8"))
        if major != wanted.installation.major:
            raise PlatformError(
                f"the data in {wanted.data} is PostgreSQL {major}'s, and the programs in"
                f" {wanted.installation.bin} are {wanted.installation.major}.",
                hint="Set SETTERBASE_PG_BIN to that version's bin folder, or name another folder"
                " in SETTERBASE_HOME.",
            )
        if (owner := wanted.data.stat().st_uid) != wanted.account.uid:
            raise PlatformError(
                f"the data in {wanted.data} belongs to '{account.name_of(owner)}', and PostgreSQL"
                f" would run as '{wanted.account.name}', whom it refuses.",
                hint="A copied home has other owners: `cp -a` keeps them, and `chown -R"
                f" {wanted.account.name} {wanted.folder}` mends them.",
            )
    return replace(wanted, installation=binaries.readable(wanted.installation, wanted.account))


def _bootstrap(state: State, port: int) -> None:
    import psycopg

    from setterbase.platform import bootstrap

    address = url(port, cluster.SUPERUSER, state.passwords[cluster.SUPERUSER])
    try:
        with psycopg.connect(address, connect_timeout=10) as connection:
            bootstrap.apply(connection, "legacy" if state.grants == "legacy" else "current")
            bootstrap.set_passwords(connection, state.passwords)
    except psycopg.Error as error:
        raise PlatformError(
            f"the new database could not be bootstrapped: {str(error).strip().splitlines()[0]}.",
            hint="Try again; if it stays so, it is a bug worth reporting.",
        ) from error
