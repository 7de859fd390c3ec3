"""docs/schema.md says what the database is."""

from __future__ import annotations

import pytest

from tests.support import schema_docs
from tests.support.servers import Connection


@pytest.mark.legs(18)
@pytest.mark.grants("current", "legacy")
def test_the_document_is_current(db: Connection) -> None:
    assert schema_docs.write(db) == schema_docs.FILE.read_text(encoding="utf-8"), (
        "docs/schema.md is not what the database says; run `make docs`"
    )


@pytest.mark.legs(18)
def test_a_change_shows(db: Connection) -> None:
    before = schema_docs.write(db)
    for change in (
        "alter table public.leads add column shoe_size integer",
        "comment on column public.leads.source is 'Where from'",
        "grant insert on public.leads to anon",
        "drop policy leads_select_member on public.leads",
        "alter function public.get_funnel(uuid) volatile",
        "create function private.later() returns integer return 1",
    ):
        with db.transaction(force_rollback=True):
            db.execute(change.encode())
            assert schema_docs.write(db) != before, change
    assert schema_docs.write(db) == before
