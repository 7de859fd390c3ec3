"""What the benchmarks call a server's processor time: of sessions that run, and that have ended."""

from __future__ import annotations

import time

import pytest

from tests.benchmarks import processor
from tests.support.servers import Database

pytestmark = pytest.mark.slow

BUSY = "select count(*) from generate_series(1, 3000000) as n where md5(n::text) < '1'"


def test_time_is_kept_when_a_session_ends(clone: Database) -> None:
    before = processor.spent(clone.server)
    with clone.connect() as db:
        idle = processor.nanoseconds(db.info.backend_pid)
        db.execute(BUSY)
        busy = (processor.nanoseconds(db.info.backend_pid) - idle) / 1e9
        running = processor.spent(clone.server) - before
    # Ticks are a hundredth of a second; what the server does besides is little.
    assert busy > 0.3
    assert busy - 0.05 < running < busy + 0.5
    time.sleep(0.3)
    ended = processor.spent(clone.server) - before
    assert running <= ended < busy + 0.5


def test_a_server_that_rests_uses_none(clone: Database) -> None:
    before = processor.spent(clone.server)
    time.sleep(1)
    assert processor.spent(clone.server) - before < 0.1
