"""supabase/types/database.ts by the official CLI. `python -m tests.support.client_types` writes it.

`supabase gen types` reads the catalogue over a plain connection, without Docker, and leaves the
layout to a formatter; Deno's is here already.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tests.support.official import Official
from tests.support.servers import Database

FILE = Path(__file__).resolve().parents[2] / "supabase" / "types" / "database.ts"

HEAD = (
    "// Written by `make types`, the official `supabase gen types` on a migrated database;"
    " a test holds it to that.\n\n"
)


def write(database: Database, folder: Path) -> str:
    """The types of what clients see in `database`; `folder` is the CLI's to work in."""
    from deno import find_deno_bin

    done = Official(folder, database).run("gen", "types", "--schema=public")
    assert done.returncode == 0, done.stdout + done.stderr
    return (
        HEAD
        + subprocess.run(
            [find_deno_bin(), "fmt", "--no-config", "--line-width=100", "--ext=ts", "-"],
            input=done.stdout,
            check=True,
            capture_output=True,
            encoding="utf-8",
        ).stdout
    )


def main() -> None:
    """Write the file, from a server of its own."""
    from tests.support import servers
    from tests.support.legs import LEGS

    server = servers.start(LEGS[0])
    try:
        with tempfile.TemporaryDirectory() as folder:
            FILE.write_text(write(server.migrated("current"), Path(folder)), encoding="utf-8")
    finally:
        servers.end(server, keep=False)


if __name__ == "__main__":
    main()
