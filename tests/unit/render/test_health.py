"""How long ago something was, in one unit."""

from datetime import UTC, datetime, timedelta

import pytest

from setterbase.render.health import ago

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=-3), "0 seconds ago"),
        (timedelta(seconds=1), "1 second ago"),
        (timedelta(seconds=119), "119 seconds ago"),
        (timedelta(minutes=2), "2 minutes ago"),
        (timedelta(hours=47), "47 hours ago"),
        (timedelta(days=2), "2 days ago"),
    ],
)
def test_ago(before: timedelta, words: str) -> None:
    assert ago(NOW, (NOW - before).isoformat()) == words
