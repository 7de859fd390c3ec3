"""The programs of the API have tests of their own, which need no platform."""

from __future__ import annotations

import os
import subprocess

from setterbase.platform.api.toolkit import SOURCE


def test_their_own_tests_pass() -> None:
    """Without any permission, and without a package."""
    from deno import find_deno_bin

    done = subprocess.run(
        [find_deno_bin(), "test", "--no-check", "--no-prompt", "--no-config"],
        cwd=SOURCE,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 failed" in done.stdout
