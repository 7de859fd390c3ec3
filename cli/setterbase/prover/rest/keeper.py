"""Looks after the copy while requests are kept: what they changed, and the way back."""

from __future__ import annotations

from collections.abc import Callable

from setterbase.prover.rest.copy import Copy
from setterbase.prover.rest.memory import Memory


class Keeper:
    """Knows the copy by heart from the moment the block begins.

    `again` makes the whole copy anew; nobody may be connected to it then.
    """

    def __init__(self, copy: Copy, again: Callable[[], None]) -> None:
        self._copy = copy
        self._again = again

    def __enter__(self) -> Keeper:
        self._connect()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def renew(self) -> None:
        """The copy as it was at first."""
        if self.memory.restore():
            return
        self._leave()
        self._again()
        self._connect()

    def _connect(self) -> None:
        import psycopg

        from setterbase.platform import cluster

        self.owner = psycopg.connect(self._copy.url(), autocommit=True)
        self._superuser = psycopg.connect(self._copy.url(cluster.SUPERUSER), autocommit=True)
        self.memory = Memory(self._superuser)
        self.memory.learn()

    def _leave(self) -> None:
        self.owner.close()
        self._superuser.close()
