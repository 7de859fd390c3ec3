"""The one process that keeps a home's API alive: `python -m setterbase.platform.api.supervisor`.

It starts the parts, starts again what ended, brings the database back when it was killed, and runs
the job catalogue. Its own end takes the parts along: on Linux the kernel sees to that even when it
is killed; elsewhere the parts that are ours notice that their stdin closed, and the next `up` or
`down` finds the rest by the record.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from threading import Event

from setterbase.errors import PlatformError
from setterbase.platform import cluster, embedded, home
from setterbase.platform.api import children, jobs, parts, record
from setterbase.platform.api import config as configs
from setterbase.platform.api import keys as keyring
from setterbase.platform.api import toolkit as toolkits
from setterbase.platform.api.children import Child
from setterbase.platform.api.places import Places
from setterbase.platform.home import Home

TICK_SECONDS = 0.25
LOOK_AT_DATABASE_SECONDS = 1.0
STOP_SECONDS = 1.5


class Supervisor:
    """The loop over the parts of one home."""

    def __init__(self, place: Home, project: Path, port: int) -> None:
        self.place = place
        self.places = Places(place.folder)
        state = place.read()
        keys = keyring.read(self.places.keys)
        began = record.began(os.getpid())
        assert state, "`setterbase up` starts this program"
        assert keys
        assert began
        self.state = state
        plan = parts.Plan(
            toolkits.ready(_log),
            self.places,
            keys,
            configs.read(project),
            port,
            state.port,
            state.passwords,
        )
        self.children = [Child(spec, self.places.log(spec.name)) for spec in parts.specs(plan)]
        self.record = record.Record(
            str(place.folder),
            record.Process(os.getpid(), began),
            port,
            parts={child.spec.name: child.part for child in self.children},
        )
        self.scheduler = jobs.Scheduler(plan.database_url("postgres"), _log)
        self.stopping = Event()

    def run(self) -> None:
        """Until SIGTERM."""
        signal.signal(signal.SIGTERM, lambda *_: self.stopping.set())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        record.write(self.places.record, self.record)
        look = time.monotonic() + LOOK_AT_DATABASE_SECONDS
        try:
            while not self.stopping.is_set():
                self._tend()
                if time.monotonic() >= look:
                    look = time.monotonic() + LOOK_AT_DATABASE_SECONDS
                    if not self.place.memory.exists():
                        _log("the home is gone; so this ends")
                        return
                    self._tend_database()
                    self.scheduler.tick()
                    children.keep_short([child.log for child in self.children])
                self.stopping.wait(TICK_SECONDS if self.record.ready else 0.02)
        finally:
            for child in self.children:
                child.ask_to_end()
            children.await_end(self.children, STOP_SECONDS)
            self.places.record.unlink(missing_ok=True)

    def _tend(self) -> None:
        """Start what is due, notice what ended and what became ready; note every change."""
        changed = False
        for child in self.children:
            if child.ended():
                _log(f"{child.spec.name} ended; again in {child.delay:.1f} s")
                changed = True
            if child.due():
                child.start()
                # At once: between this and the note a killed supervisor would leave an orphan.
                record.write(self.places.record, self.record)
                changed = True
            if child.part.state == "starting" and child.part.process and parts.is_ready(child.spec):
                child.part.state = "running"
                _log(f"{child.spec.name} is ready")
                changed = True
        ready = all(child.part.state == "running" for child in self.children)
        if changed or ready != self.record.ready:
            self.record.ready = ready
            record.write(self.places.record, self.record)

    def _tend_database(self) -> None:
        """Bring the database back, unless a command holds the home: then that is its affair."""
        data = home.folder_of(self.place) / "data"
        if (server := cluster.server_in(data)) and server.ready:
            return
        try:
            with self.place.locked(seconds=0):
                if self.stopping.is_set() or cluster.server_in(data):
                    return
                _log("the database is down; starting it")
                started = embedded.start(self.place)
                _log(f"the database is back on port {started.port}")
        except PlatformError as error:
            _log(f"the database stays down: {error}")
            return
        if started.port != self.state.port:
            # Every part has the old address: let `up` find a platform to be started anew.
            _log("its port is another now; so this ends, and `setterbase up` starts anew")
            self.stopping.set()


def _log(line: str) -> None:
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sys.stdout.write(f"{moment} {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    Supervisor(Home(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3])).run()
