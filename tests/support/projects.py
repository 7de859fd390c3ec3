"""Small projects for the tests of migrations: a folder with `supabase/` and a few files."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def project(folder: Path, migrations: Mapping[str, str | bytes]) -> Path:
    """Make `folder` a project with our own config.toml and exactly these migrations.

    Returns `supabase/migrations/`. Keys are file names; bytes are written as they are.
    """
    place = folder / "supabase" / "migrations"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    shutil.copy(ROOT / "supabase" / "config.toml", folder / "supabase" / "config.toml")
    for name, text in migrations.items():
        (place / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return place


def sql(folder: Path, **domains: str) -> Path:
    """A folder like `sql/`, with one file a domain."""
    for domain, text in domains.items():
        (folder / domain).mkdir(parents=True)
        (folder / domain / "20_tables.sql").write_text(text)
    return folder
