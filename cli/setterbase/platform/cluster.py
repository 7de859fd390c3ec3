"""One PostgreSQL cluster: made, started, stopped. What it holds is `bootstrap`'s affair.

The server listens on 127.0.0.1 with SCRAM passwords and on no unix socket. The official Supabase
CLI was tried with both: it does not parse a URL whose host is a folder. So there is one way in
for every client, and no socket path to fit into 107 bytes or to share between two accounts.
`trust` and `peer` are out: anybody on the machine reaches the loopback, and as root the server's
account is not the caller's.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from setterbase.errors import PlatformError
from setterbase.platform import processes
from setterbase.platform.account import Account
from setterbase.platform.binaries import Installation

SUPERUSER = "supabase_admin"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
FAST_STOP = signal.SIGINT  # sessions are disconnected, what is committed is written
LOG_BYTES = 8 * 1024 * 1024

# Below the range that kernels hand out to outgoing connections, so that a remembered port is
# seldom taken while the server is down.
PORTS = range(24400, 29400)


@dataclass(frozen=True)
class Cluster:
    """A folder with `data/` and `postgres.log`, the programs that run it and as whom.

    `settings` are further lines of postgresql.conf, name to value as SQL would show it.
    """

    folder: Path
    installation: Installation
    account: Account
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server wrote."""
        return self.folder / "postgres.log"

    @property
    def name(self) -> str:
        """What its processes call themselves: telling one home's orphans from another's."""
        return name_of(self.data)

    @property
    def exists(self) -> bool:
        """Whether initdb has finished here."""
        return (self.data / "PG_VERSION").is_file()


def name_of(data: Path) -> str:
    """The name of the cluster in `data`."""
    return "setterbase-" + hashlib.sha256(os.fsencode(data)).hexdigest()[:12]


@dataclass(frozen=True)
class Server:
    """A running server: its process, its port, and whether it takes connections yet."""

    pid: int
    port: int
    ready: bool


def server(cluster: Cluster) -> Server | None:
    """The running server of `cluster`; None also when a stale pid file claims one."""
    return server_in(cluster.data)


def server_in(data: Path) -> Server | None:
    """Like `server`, told by the data folder alone."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        pid, port = abs(int(lines[0])), int(lines[3])
    except (OSError, ValueError, IndexError):
        return None
    # The file names the folder as the server knew it: the project may have been moved meanwhile.
    # But not copied: then the server goes on serving the original.
    known = Path(lines[1])
    if not processes.is_postmaster(pid, known) or _is_another(known, data):
        return None
    return Server(pid, port, ready=len(lines) > 7 and lines[7].strip() == "ready")


def _is_another(folder: Path, data: Path) -> bool:
    try:
        return not folder.samefile(data)
    except FileNotFoundError:
        return False
    except OSError:  # where this account may not look, nothing of its own lies
        return True


def create(cluster: Cluster, superuser_password: str) -> None:
    """`initdb`: in a neighbouring folder, then renamed, so that no half of a cluster ever counts.

    Raises PlatformError with initdb's own reason.
    """
    # Processes of an earlier cluster in this place, whose folder was removed under them.
    processes.stop(
        processes.of_cluster(cluster.data, cluster.name), grace=2.0, first=signal.SIGQUIT
    )
    shutil.rmtree(cluster.data, ignore_errors=True)
    for leftover in cluster.folder.glob("initdb-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    staging = Path(tempfile.mkdtemp(prefix="initdb-", dir=cluster.folder))
    try:
        cluster.account.own(staging)
        password = staging / "password"  # a file, because anybody can read an argument list
        password.touch(mode=0o600)
        password.write_text(superuser_password, encoding="utf-8")
        cluster.account.own(password)
        _initdb(cluster, staging / "data", password)
        (staging / "data").rename(cluster.data)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def start(cluster: Cluster, port: int | None = None) -> Server:
    """The running server, started on `port` when that is free and on another one otherwise.

    Raises PlatformError with the server's own reason when it does not come up.
    """
    if running := server(cluster):
        if running.ready:
            return running
        if came := _await(cluster, running.pid):
            return came
    _clear(cluster)
    _rotate(cluster.log)
    for attempt in range(5):
        port = _free_port(cluster, port if attempt == 0 else None)
        _configure(cluster, port)
        seen = cluster.log.stat().st_size if cluster.log.exists() else 0
        if came := _await(cluster, _launch(cluster)):
            return came
        if "Address already in use" not in _log_since(cluster.log, seen):
            break
    raise PlatformError(
        f"PostgreSQL {cluster.installation.major} did not start: {_reason(cluster.log, seen)}.",
        hint=f"See {cluster.log}.",
    )


def stop(cluster: Cluster) -> bool:
    """Stop the server, sessions disconnected, and any orphan of it. False when none ran."""
    running = server(cluster)
    # The server takes its own children down; they are ours to end only when it died before.
    pids = [running.pid] if running else processes.of_cluster(cluster.data, cluster.name)
    if not pids:
        return False
    processes.stop(pids, grace=STOP_SECONDS, first=FAST_STOP)
    if rest := processes.of_cluster(cluster.data, cluster.name):
        processes.stop(rest, grace=2.0, first=signal.SIGQUIT)
    return True


def _initdb(cluster: Cluster, data: Path, password: Path) -> None:
    # Builtin C.UTF-8 knows the case of accented letters and sorts alike on every machine. 15 has
    # no builtin provider; there the C library's locale of that name does the same.
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if cluster.installation.major < 17:
        locale = ["--locale=C.UTF-8"]
    result = subprocess.run(
        [
            cluster.installation.program("initdb"),
            f"--pgdata={data}",
            f"--username={SUPERUSER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--text-search-config=english",
            "--no-instructions",
            "--no-sync",  # a power cut within a minute could cost an empty database, no more
            *locale,
        ],
        cwd=cluster.folder,
        env=_environment(),
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        **cluster.account.identity,
    )
    if result.returncode != 0:
        telling = re.compile("error|FATAL|PANIC|could not", re.IGNORECASE)
        lines = [line for line in result.stderr.splitlines() if telling.search(line)]
        reason = lines[0] if lines else (result.stderr.strip().splitlines() or ["no word"])[-1]
        raise PlatformError(
            f"initdb of PostgreSQL {cluster.installation.major} failed: {reason.strip()}.",
            hint=f"Is the disk of {cluster.folder} full, or is that folder not writable?",
        )


def _launch(cluster: Cluster) -> int:
    """Start the server as nobody's child, so that it outlives the command and leaves no zombie."""
    launched = subprocess.run(
        [
            "/bin/sh",
            "-c",
            '"$0" -D "$1" </dev/null >>"$2" 2>&1 & echo $!',
            cluster.installation.program("postgres"),
            str(cluster.data),
            str(cluster.log),
        ],
        cwd=cluster.folder,
        env=_environment(),
        check=True,
        capture_output=True,
        text=True,
        umask=0o077,
        start_new_session=True,  # else the terminal's Ctrl-C would reach the server
        **cluster.account.identity,
    )
    return int(launched.stdout)


def _await(cluster: Cluster, pid: int) -> Server | None:
    """The server once it takes connections; None when `pid` ended before."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        running = server(cluster)
        if running and running.ready:
            return running
        if not processes.alive(pid):
            return None
        time.sleep(0.005)
    raise PlatformError(
        f"PostgreSQL is still not ready after {START_SECONDS:.0f} seconds.",
        hint=f"It may be recovering from a crash: see {cluster.log}, then try again.",
    )


def _clear(cluster: Cluster) -> None:
    """What a killed server left: children that hold its memory, a pid that others have by now."""
    note = cluster.data / "postmaster.pid"
    if not note.exists():
        return
    orphans = processes.of_cluster(cluster.data, cluster.name)
    if not processes.wait_gone(orphans, 2.0):
        processes.stop(orphans, grace=2.0, first=signal.SIGQUIT)
    # The server removes the note of a dead process itself, after a check of its shared memory that
    # needs the note. A number that lives on would stop it for good: as somebody else's, or as a
    # zombie where the container's first process reaps none.
    try:
        pid = abs(int(note.read_text(encoding="utf-8").split("\n", 1)[0]))
        os.kill(pid, 0)
    except ProcessLookupError:
        return
    except (OSError, ValueError, OverflowError):
        pass
    note.unlink(missing_ok=True)


def _configure(cluster: Cluster, port: int) -> None:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "cluster_name": cluster.name,
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        **cluster.settings,
    }
    lines = [
        f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items()
    ]
    own = cluster.data / "setterbase.conf"
    own.write_text("\n".join(lines) + "\n", encoding="utf-8")
    cluster.account.own(own)
    own.chmod(0o600)
    main = cluster.data / "postgresql.conf"
    include = "include 'setterbase.conf'"
    if include not in main.read_text(encoding="utf-8").splitlines():
        with main.open("a", encoding="utf-8") as conf:
            conf.write(f"\n{include}\n")


def _free_port(cluster: Cluster, wanted: int | None) -> int:
    """`wanted` if nobody listens there, else a free one, the same each time for the same home."""
    first = int(cluster.name.rpartition("-")[2], 16)
    others = (PORTS[(first + step) % len(PORTS)] for step in range(len(PORTS)))
    for port in (wanted, *others):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise PlatformError(
        f"no port from {PORTS.start} to {PORTS.stop - 1} is free on 127.0.0.1.",
        hint="Stop what listens there.",
    )


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))


def _log_since(log: Path, offset: int) -> str:
    try:
        with log.open("rb") as stream:
            stream.seek(offset)
            return stream.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _reason(log: Path, offset: int) -> str:
    """The first FATAL or PANIC of this start; the last line otherwise."""
    text = _log_since(log, offset)
    if told := re.search(r"(?:FATAL|PANIC):\s*(.+)", text):
        return told[1].strip().rstrip(".")
    return (text.strip().splitlines() or ["it left no word"])[-1].strip().rstrip(".")


def _environment() -> dict[str, str]:
    """Nothing of the caller's: a stray PGDATA or PGPORT would bend initdb and the server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
