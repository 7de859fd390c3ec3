"""Kinds of break, generated from the catalogue: of tables, of views, of functions."""

from __future__ import annotations

from collections.abc import Iterator

from setterbase.prover.breaks import functions, policies, tables, views
from setterbase.prover.breaks.model import Break
from setterbase.prover.context import Context

__all__ = ["Break", "all_breaks"]


def all_breaks(ctx: Context) -> Iterator[Break]:
    """Every break that makes sense on this database."""
    for family in (policies, tables, views, functions):
        yield from family.breaks(ctx)
