"""The official Supabase CLI, run against a test's database."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.legs import TESTS, in_ci
from tests.support.servers import Database

PROGRAM = TESTS / "npm/node_modules/@supabase/cli-linux-x64/bin/supabase"


@dataclass(frozen=True)
class Official:
    """The CLI in the folder of one project, pointed at one database."""

    project: Path
    database: Database

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end, whatever the outcome. stdout is JSON."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.project),
            "DO_NOT_TRACK": "1",
            "SUPABASE_TELEMETRY_DISABLED": "1",
        }
        target = f"--remote={self.database.url()}?sslmode=disable"
        return subprocess.run(
            [str(PROGRAM), *words, target, "--yes", "--output-format=json"],
            cwd=self.project,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    def ask(self, *words: str) -> Any:
        """Its answer; an exit code other than 0 fails the test."""
        done = self.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)


def require() -> None:
    """Skip the calling test where the CLI is not installed; in CI that is a failure."""
    if PROGRAM.exists():
        return
    message = "the official Supabase CLI is not installed; `npm ci --prefix tests/npm`"
    if in_ci():
        pytest.fail(message)
    pytest.skip(message)
