"""Embedded platforms of their own for tests, driven as people do: by the `setterbase` command."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from setterbase.platform import cluster, embedded, processes
from setterbase.platform import home as platforms
from setterbase.platform.api import record
from setterbase.platform.api.places import Places


@dataclass
class Home:
    """A home folder, and the environment that makes the command use it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    account: str | None = None
    project: Path | None = None

    def command(self, *arguments: str) -> list[str]:
        """The argument list; as another account than root's when `account` says so."""
        become = []
        if self.account:
            entry = pwd.getpwnam(self.account)
            become = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}"]
            become.append("--clear-groups")
        return [*become, sys.executable, "-m", "setterbase.main", *arguments]

    def can_run(self) -> bool:
        """Whether the account itself can run this Python and read this checkout.

        Asked of a shell that is that account already: `setpriv` finds a program while it is root.
        """
        become = self.command()[: -len(Home(self.folder).command())]
        words = [*become, "/bin/sh", "-c", '"$0" -m setterbase.main --help', sys.executable]
        return subprocess.run(words, cwd="/", capture_output=True).returncode == 0

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The command, running."""
        return subprocess.Popen(
            self.command(*arguments),
            env=self._environment(),
            cwd=self.project or (self.folder.parent if self.account is None else "/"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """The command, done, with the exit code that was expected and never a traceback."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=90)
        assert "Traceback" not in err, err
        assert process.returncode == code, f"{arguments} gave {process.returncode}: {out}{err}"
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def status(self) -> embedded.Status:
        """What `status` shows, asked without the cost of a process."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SETTERBASE_HOME", str(self.folder))
            return embedded.status()

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement as `postgres`, committed; its rows if it has any."""
        with psycopg.connect(self.status().db_url or "") as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def url(self, role: str) -> str:
        """The database's address for a role that the platform itself uses."""
        state, port = platforms.Home(self.folder).read(), self.status().port
        assert state
        assert port
        return embedded.url(port, role, state.passwords[role])

    def record(self) -> record.Record | None:
        """What the supervisor has noted."""
        return record.read(Places(self.folder).record)

    def processes(self) -> list[int]:
        """Every process of this home: the database's, the supervisor, the parts and theirs."""
        found = processes.of_cluster(self.data, cluster.name_of(self.data))
        if noted := self.record():
            found += record.members(noted.supervisor)
            for part in noted.parts.values():
                found += record.members(part.process) if part.process else []
        return found

    def servers(self) -> list[int]:
        """The server processes of this home that are alive; one or none if all is well."""
        data = self.data
        everything = processes.of_cluster(data, cluster.name_of(data))
        return [pid for pid in everything if processes.is_postmaster(pid, data)]

    @property
    def data(self) -> Path:
        """The data folder, wherever it is."""
        return self.status().data or self.folder / "cluster/data"

    def kill(self) -> int:
        """`kill -9` of the server; its former pid."""
        pid = self.status().pid
        assert pid
        os.kill(pid, signal.SIGKILL)
        assert processes.wait_gone([pid], 5)
        return pid

    def remove(self) -> None:
        """Stop whatever runs and delete the home."""
        if self.folder.exists():
            outside = (self.folder / "cluster").resolve()
            self.start("down").communicate(timeout=60)
            if not outside.is_relative_to(self.folder):
                shutil.rmtree(outside, ignore_errors=True)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("PG", "SETTERBASE", "COV"))
        }
        kept.pop("DATABASE_URL", None)
        return {**kept, "SETTERBASE_HOME": str(self.folder), **self.environment}


Homes = Callable[..., Home]
"""Makes a home: its folder's name, then `account` and further environment by keyword."""
