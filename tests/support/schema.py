"""The schema that templates hold: what `supabase/migrations/` makes of a fresh project."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import psycopg

from setterbase.migrations import apply as migrations
from setterbase.migrations import files

ROOT = Path(__file__).resolve().parents[2]
MIGRATIONS = ROOT / "supabase/migrations"


@cache
def digest() -> str:
    """Eight hexadecimal digits that change with the migrations."""
    total = hashlib.sha256()
    for path in sorted(MIGRATIONS.glob("*.sql")):
        total.update(path.name.encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:8]


def apply(url: str) -> None:
    """Apply every migration as `setterbase migrate up` does."""
    with psycopg.connect(url, autocommit=True) as connection:
        migrations.up(connection, files.discover(MIGRATIONS))
