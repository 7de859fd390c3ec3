"""What a migration may not contain, as each file is one transaction that either happens or not.

The official CLI runs such files piece by piece and leaves half of them behind when one fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from setterbase.errors import MigrationError
from setterbase.migrations.files import MigrationFile

_CONTROL = re.compile(
    r"(begin|start\s+transaction|commit|end|abort|prepare\s+transaction"
    r"|rollback(?!\s+((work|transaction)\s+)?to\b))\b",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"(create\s+(unique\s+)?index\s+concurrently|drop\s+index\s+concurrently"
    r"|reindex\b.*\bconcurrently|reindex\s+(\([^)]*\)\s*)?(database|system)|vacuum|alter\s+system"
    r"|cluster\s*\Z|(create|drop)\s+(database|tablespace))\b",
    re.IGNORECASE | re.DOTALL,
)
_COPY = re.compile(r"copy\b.*\b(from\s+stdin|to\s+stdout)\b", re.IGNORECASE | re.DOTALL)
_OPT_OUT = re.compile(r"-- pg-delta: transaction=false\r?(\n|\Z)")


def check(files: Iterable[MigrationFile]) -> None:
    """Raise MigrationError at the first statement that a transaction of our own cannot hold."""
    for file in files:
        if _OPT_OUT.match(file.text):
            raise _refusal(file, 0, "asks to run without a transaction", _LATER)
        for statement in file.statements:
            at, code = statement.code_start, statement.code
            if _CONTROL.match(code):
                advice = "Each file is one transaction already: take the statement out."
                raise _refusal(file, at, f"controls the transaction itself ({code[:40]})", advice)
            if found := _ALONE.match(code):
                words = " ".join(found[0].lower().split())
                raise _refusal(file, at, f"`{words}` cannot run inside a transaction", _LATER)
            if found := _COPY.match(code):
                advice = "Write the rows as `insert into … values`."
                raise _refusal(file, at, f"`copy … {found[1].lower()}` needs psql", advice)
            if code.startswith("\\"):
                advice = "A migration is plain SQL: take the line out."
                raise _refusal(file, at, f"{code.split()[0]} is a command of psql", advice)


_LATER = (
    "Do without it (on a small table a plain `create index` is quick), or apply this one file "
    "with `supabase db push`, which runs it unprotected; `migrate status` will know it."
)


def _refusal(file: MigrationFile, offset: int, problem: str, advice: str) -> MigrationError:
    where = f"{file.label}, line {file.line(offset)}"
    why = " ".join(problem.split())
    return MigrationError(f"{where}: {why}. Nothing was applied.", hint=advice)
