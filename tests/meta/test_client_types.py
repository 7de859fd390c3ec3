"""supabase/types/database.ts says what clients see of the database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import client_types, official
from tests.support.servers import Database

pytestmark = [pytest.mark.slow, pytest.mark.legs(18)]


def test_the_types_are_current_and_a_change_shows(clone: Database, tmp_path: Path) -> None:
    official.require()
    current = client_types.FILE.read_text(encoding="utf-8")
    assert client_types.write(clone, tmp_path) == current, (
        "supabase/types/database.ts is not what the database says; run `make types`"
    )
    with clone.connect(autocommit=True) as connection:
        connection.execute("alter table public.leads add column shoe_size integer")
    changed = client_types.write(clone, tmp_path)
    assert set(changed.split()) - set(current.split()) == {'"shoe_size":', '"shoe_size"?:'}
