"""`migrate diff`: an edit of `sql/` → a draft → kept as a migration → both make the same again."""

from __future__ import annotations

from pathlib import Path

import pytest

from setterbase.errors import PlatformError
from setterbase.migrations import check, draft, files, scratch
from setterbase.migrations.check import Fresh
from tests.support.legs import TESTS, in_ci
from tests.support.projects import project, sql

TABLE = "create table public.t (a int primary key, b text);\n"
EDITED = """\
create table public.t (a int primary key, c text not null default 'x');
alter table public.t enable row level security;
create policy t_select_all on public.t for select to authenticated using (a > 0);
grant select on public.t to authenticated;
create function public.f() returns int language sql set search_path = '' as 'select 1';
revoke execute on function public.f() from public;
"""


@pytest.fixture
def program() -> Path:
    found = TESTS / "npm/node_modules/.bin/pgdelta"
    if not found.exists():
        message = "the official differ is not installed; `npm ci --prefix tests/npm`"
        pytest.fail(message) if in_ci() else pytest.skip(message)
    return found


@pytest.mark.slow
@pytest.mark.legs(18)
def test_a_draft_takes_the_migrations_to_sql(fresh: Fresh, program: Path, tmp_path: Path) -> None:
    sources = check.sources(sql(tmp_path / "sql", a=EDITED))
    folder = project(tmp_path, {"20260101000000_a.sql": TABLE})
    drafted = draft.draft(sources, files.discover(folder), fresh, program)
    assert "supabase_migrations" not in drafted
    (folder / "20260102000000_b.sql").write_text(drafted)
    migrations = files.discover(folder)
    assert check.difference(sources, migrations, fresh, scratch.pg_dump()) == []
    assert draft.draft(sources, migrations, fresh, program) == ""


@pytest.mark.legs(18)
def test_a_differ_that_fails_is_told(fresh: Fresh, tmp_path: Path) -> None:
    broken = tmp_path / "pgdelta"
    broken.write_text("#!/bin/sh\necho 'it broke' >&2\nexit 1\n")
    broken.chmod(0o755)
    sources = check.sources(sql(tmp_path / "sql", a=TABLE))
    with pytest.raises(PlatformError, match="pgdelta failed: it broke"):
        draft.draft(sources, [], fresh, broken)


def test_a_missing_differ_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PlatformError, match="npm install --global @supabase/pg-delta@"):
        draft.differ(tmp_path)
