"""The pytest plugin, in a project of a stranger's: what passes, fails, and can be copied."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.prover.notes import DEAD, NOTES, WIDE, last_rows
from tests.support.servers import Database

pytest_plugins = ["pytester"]

TEST = """
from setterbase.testing import assert_isolated

def test_tenants():
    assert_isolated({url!r})
"""


def run(pytester: pytest.Pytester, database: Database, sql: str) -> pytest.RunResult:
    with database.connect() as connection:
        connection.execute(sql.encode())
    pytester.makepyfile(TEST.format(url=database.url()))
    return pytester.runpytest_subprocess()


@pytest.mark.slow
@pytest.mark.legs(18)
def test_isolated_passes(bare: Database, pytester: pytest.Pytester) -> None:
    run(pytester, bare, NOTES).assert_outcomes(passed=1)


@pytest.mark.legs(18)
def test_a_leak_fails_readably(bare: Database, pytester: pytest.Pytester) -> None:
    result = run(pytester, bare, NOTES + WIDE)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">       assert_isolated(*",
            "E       *.testing.NotIsolatedError: tenants reach each other through public.notes",
            "E       LEAK public.notes select",
            "E         by   member of A, member of B, *",
            "E         row  id=*",
            "*- paste into psql: public.notes select as member of A -*",
            "begin;",
            "rollback;",
        ]
    )
    said = result.stdout.str()
    assert "isolation.py:" not in said.split("short test summary")[0], "our own frames are shown"
    assert "E       begin;" not in said
    script = r"public\.notes select as member of A -+\nbegin;\n(.*?)\nrollback;"
    found = re.search(script, said, re.S)
    assert found is not None
    with bare.connect() as connection:
        assert last_rows(connection, found.group(1)) == 1
        connection.rollback()


@pytest.mark.slow
@pytest.mark.legs(18)
def test_unproven_fails_with_its_reason(bare: Database, pytester: pytest.Pytester) -> None:
    result = run(pytester, bare, NOTES + DEAD)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E       *.testing.NotIsolatedError: no leak found, but public.logs remain unproven",
            "E         public.logs select: nobody saw even a row of their own*",
        ]
    )
    result.stdout.no_fnmatch_line("*paste into psql*")


@pytest.mark.slow
def test_without_the_plugin_the_script_is_in_the_text(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from setterbase.prover.verdict import Report
        from setterbase.testing import NotIsolatedError

        def test_tenants():
            raise NotIsolatedError("reached", Report("d", "r", 18, (), ""), {"x": "begin;"})
        """
    )
    with_it = pytester.runpytest_subprocess()
    with_it.stdout.fnmatch_lines(["*- paste into psql: x -*", "begin;"])
    without = pytester.runpytest_subprocess("-p", "no:setterbase")
    without.stdout.fnmatch_lines(["E       begin;"])
    without.stdout.no_fnmatch_line("*- paste into psql: x -*")


def test_runs_that_have_nothing_to_do_with_it_pay_nothing() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import setterbase.testing.plugin; "
        "print(' '.join(sorted(set(sys.modules) - before)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert {m.partition(".")[0] for m in answer.stdout.split()} == {"setterbase"}
    assert not {"setterbase.db", "setterbase.prover", "setterbase.errors"} & set(
        answer.stdout.split()
    )
