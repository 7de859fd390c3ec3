"""Commands that leave something running until they end, however they are ended."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from setterbase import output

if TYPE_CHECKING:
    from types import FrameType


@contextmanager
def interruptible(farewell: str) -> Iterator[None]:
    """Ctrl-C, a closed terminal and `kill` alike end the block by way of its cleaning up, once."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def leave(number: int, _frame: FrameType | None) -> None:
        for other in numbers:
            signal.signal(other, signal.SIG_IGN)
        sys.exit(128 + number)

    before = {number: signal.signal(number, leave) for number in numbers}
    try:
        yield
    except SystemExit:
        output.say(farewell)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
