"""The command starts fast because what is heavy is imported where it is needed."""

from __future__ import annotations

import resource
import subprocess
import sys

HEAVY = ("faker", "pandas", "psycopg", "rich", "sqlfluff", "supabase", "xlsxwriter")


def test_the_command_line_imports_nothing_heavy() -> None:
    code = "import sys, setterbase.main; print(' '.join(m.partition('.')[0] for m in sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert not set(HEAVY) & set(answer.stdout.split())


def test_help_takes_less_than_a_fifth_of_a_second() -> None:
    def help_seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "setterbase.main", "--help"]
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    # The processor's time, which is what a person waits for on a machine that runs no other tests;
    # and the least of several, for the neighbour of a shared core slows that down too.
    assert any(help_seconds() < 0.2 for _ in range(20))
