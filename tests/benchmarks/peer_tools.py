"""Other tools that look for holes in row security, each at its best configuration.

Every tool answers the same question about one database: which objects let somebody reach rows that
are not theirs. What it says of other matters (owners without FORCE, roles with BYPASSRLS, search
paths, missing indexes) is left out, as neither a find nor an alarm.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support import official
from tests.support.servers import Database

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WANTED = HERE / "peers.txt"
PLACE = ROOT / ".venv/peers"
PATIENCE = 120


@dataclass
class Seen:
    """What a tool says of one database: object and rule of each finding, what it could not tell."""

    findings: set[tuple[str, str]] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    failed: str | None = None  # the last line of a run that gave no answer


@dataclass(frozen=True)
class Place:
    """A database and what a person would tell a tool about it."""

    database: Database
    schemas: tuple[str, ...]
    tenant: str | None  # the column that says whose the leaking rows are
    personal: bool  # that column holds a person, not an organisation
    helpers: tuple[str, ...]  # functions that policies ask for the caller's tenants


@dataclass(frozen=True)
class Tool:
    """`lines` are its names in the table; one look gives an answer for each of them."""

    lines: tuple[str, ...]
    version: str
    commands: str
    look: Callable[[Place], tuple[Seen, ...]]


def tools() -> list[Tool]:
    """Ours first, then the others; installs them when they are not there. Raises on failure."""
    _install()
    official_version = json.loads(
        (HERE.parent / "npm/package-lock.json").read_text(encoding="utf-8")
    )["packages"]["node_modules/@supabase/cli-linux-x64"]["version"]
    return [
        Tool(("setterbase verify",), "this", "setterbase verify --output json", _ours),
        Tool(
            ("pgrls verify",),
            _pinned("pgrls"),
            "pgrls verify --mode anon|cross-tenant|write|escalation --probe, "
            "--mode reachability; --auth-function for the membership helpers",
            _pgrls_verify,
        ),
        Tool(("pgrls lint",), _pinned("pgrls"), "pgrls lint --min-severity warning", _pgrls_lint),
        Tool(
            ("rlsautotest, its gate", "rlsautotest, with review flags"),
            _pinned("rlsautotest"),
            "rlsautotest --report --report-json; for the flags its footguns and bypass surfaces, "
            "and rlsautotest lint --min-severity MEDIUM",
            _autotest,
        ),
        Tool(
            ("rlsgrid",),
            _pinned("rlsgrid"),
            "rlsgrid init --from-db, tenant column and claims put right; rlsgrid check; "
            "rlsgrid plan for tables without row security",
            _rlsgrid,
        ),
        Tool(
            ("supabase db advisors",),
            official_version,
            "supabase db advisors --type security --level warn, with pgrst.db_schemas set",
            _advisors,
        ),
    ]


def _pinned(name: str) -> str:
    found = re.search(rf"^{name}==(\S+)$", WANTED.read_text(encoding="utf-8"), re.M)
    assert found is not None
    return found.group(1)


def _install() -> None:
    done = PLACE / "installed"
    wanted = WANTED.read_text(encoding="utf-8")
    if done.exists() and done.read_text(encoding="utf-8") == wanted:
        return
    venv.create(PLACE, with_pip=True, clear=True)
    pip = [str(PLACE / "bin/python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "install", "--no-deps", "--requirement", str(WANTED)], check=True)
    done.write_text(wanted, encoding="utf-8")


def _run(
    *words: str | Path, url: str = "", folder: str | None = None
) -> subprocess.CompletedProcess[str]:
    """A tool, done. All of them exit with 1 for a finding."""
    environment = {"PATH": os.environ["PATH"], "HOME": folder or "/tmp", "COLUMNS": "500"}
    if url:
        environment["DATABASE_URL"] = url
    return subprocess.run(
        [str(w) for w in words],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def _last(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr + done.stdout).strip().splitlines()
    return lines[-1][:200] if lines else f"exit code {done.returncode}"


def _json(done: subprocess.CompletedProcess[str]) -> Any:
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        return None


def bare(label: str) -> str:
    """`schema.name` of an object, a function's arguments and a policy's name left out."""
    return ".".join(label.replace('"', "").split("(")[0].split(".")[:2])


def _ours(place: Place) -> tuple[Seen, ...]:
    schemas = [w for s in place.schemas for w in ("--schema", s)]
    done = _run(
        *(sys.executable, "-m", "setterbase.main", "verify", "--output", "json"),
        *("--db-url", place.database.url(), *schemas),
    )
    told = _json(done)
    if told is None:
        return (Seen(failed=_last(done)),)
    of = {
        kind: {bare(v["object"]) for v in told["verdicts"] if v["verdict"] == kind}
        for kind in ("LEAK", "UNPROVEN")
    }
    seen = Seen({(name, "LEAK") for name in of["LEAK"]}, of["UNPROVEN"] - of["LEAK"])
    return (seen,)


def _pgrls_verify(place: Place) -> tuple[Seen, ...]:
    seen = Seen()
    told_isolated: set[str] = set()
    for mode in ("anon", "cross-tenant", "write", "escalation", "reachability"):
        probe = [] if mode == "reachability" else ["--probe"]
        helpers = [w for h in place.helpers for w in ("--auth-function", h)]
        done = _run(
            *(PLACE / "bin/pgrls", "verify", "--mode", mode, *probe, "--format", "json"),
            *("--schemas", ",".join(place.schemas), *helpers),
            url=place.database.url("supabase_admin"),
        )
        told = _json(done)
        if told is None:
            return (Seen(failed=f"--mode {mode}: {_last(done)}"),)
        for table in told["tables"]:
            name = bare(table["table"])
            static = table.get("static_verdict", table.get("verdict"))
            if static == "leak" or table.get("agreement") in ("leak_confirmed", "mismatch"):
                seen.findings.add((name, mode))
            elif static == "unverified":
                seen.unsure.add(name)
            else:
                told_isolated.add(name)
    seen.unsure -= {name for name, _ in seen.findings}
    return (seen,)


# Of owners, roles, search paths, leakproof functions, grants to come, silent denial, speed, names.
_PGRLS_OTHER = re.compile(r"SEC0(02|09|10|12|15|16|17|23|29|37|44|48)|PERF|HYG")
_AUTOTEST_OTHER = re.compile(r"FORCE|search_path|no policies|infinite recursion|dual write path")


def _pgrls_lint(place: Place) -> tuple[Seen, ...]:
    done = _run(
        *(PLACE / "bin/pgrls", "lint", "--min-severity", "warning", "--format", "json"),
        *("--schemas", ",".join(place.schemas)),
        url=place.database.url("supabase_admin"),
    )
    told = _json(done)
    if told is None:
        return (Seen(failed=_last(done)),)
    found = ((bare(v["location"]), v["rule_id"]) for v in told["violations"])
    return (Seen({f for f in found if not _PGRLS_OTHER.match(f[1])}),)


def _autotest(place: Place) -> tuple[Seen, ...]:
    gate, flags = Seen(), Seen()
    with tempfile.TemporaryDirectory() as folder:
        for schema in place.schemas:
            matrix = Path(folder) / "matrix.json"
            matrix.unlink(missing_ok=True)
            done = _run(
                *(PLACE / "bin/rlsautotest", "--db-url", place.database.url("supabase_admin")),
                *("--schema", schema, "--report", "--report-json", matrix),
                folder=folder,
            )
            if not matrix.exists():
                return (Seen(failed=f"{schema}: {_last(done)}"),) * 2
            told = json.loads(matrix.read_text(encoding="utf-8"))
            for table in told["tables"]:
                _autotest_table(gate, flags, schema, table)
            for surface in told["bypass_surfaces"]:
                if surface["type"] not in ("table", "role"):
                    flags.findings.add((bare(f"{schema}.{surface['object']}"), "bypass"))
            _autotest_lint(flags, place, schema, Path(folder) / "lint.json")
    flags.findings |= gate.findings
    flags.unsure |= gate.unsure
    for seen in (gate, flags):
        seen.unsure -= {name for name, _ in seen.findings}
    return gate, flags


def _autotest_table(gate: Seen, flags: Seen, schema: str, table: dict[str, Any]) -> None:
    name = f"{schema}.{table['table']}"
    if table.get("exposed"):
        gate.findings.add((name, "exposed"))
    for command, who in table.get("idgrid", {}).items():
        for identity, cell in who.items():
            if not cell.get("exp") and cell.get("pass") is False:
                gate.findings.add((name, f"{command} as {identity}"))
    for kind in ("leak_cells", "transition_leaks", "multi_findings"):
        if table.get(kind):
            gate.findings.add((name, kind))
    if any(table.get(kind) for kind in ("unreliable", "partial", "branch_nt")):
        gate.unsure.add(name)
    for footgun in table.get("footguns", ()):
        if footgun.endswith("(review)"):
            flags.findings.add((name, _short(footgun)))


def _autotest_lint(seen: Seen, place: Place, schema: str, target: Path) -> None:
    target.unlink(missing_ok=True)
    _run(
        *(PLACE / "bin/rlsautotest", "lint", "--db-url", place.database.url("supabase_admin")),
        *("--schema", schema, "--min-severity", "MEDIUM", "--json", target),
        folder=str(target.parent),
    )
    if not target.exists():
        return
    for finding in json.loads(target.read_text(encoding="utf-8")):
        name, text = bare(f"{schema}.{finding['table']}"), finding["message"]
        if "won't be auto-tested" in text:
            seen.unsure.add(name)
        elif not _AUTOTEST_OTHER.search(text):
            seen.findings.add((name, f"lint: {_short(text)}"))


def _short(text: str) -> str:
    """A message as the name of its rule, since the JSON has none."""
    return re.sub(r"\W+", " ", text)[:60].strip()


def _rlsgrid(place: Place) -> tuple[Seen, ...]:
    program, url = PLACE / "bin/rlsgrid", place.database.url("supabase_admin")
    with tempfile.TemporaryDirectory() as folder:
        done = _run(program, "init", "--from-db", url=url, folder=folder)
        config = Path(folder) / "rlsgrid.toml"
        if not config.exists():
            return (Seen(failed=_last(done)),)
        config.write_text(_grid_config(config.read_text(encoding="utf-8"), place))
        done = _run(program, "check", "--json", "--tenants", "3", url=url, folder=folder)
        told = _json(done)
        if told is None:
            return (Seen(failed=_last(done)),)
        seen = Seen({(f"{b['schema']}.{b['table']}", b["operation"]) for b in told["breaches"]})
        plan = _json(_run(program, "plan", "--json", url=url, folder=folder)) or {"cells": []}
    tables = {f"{c['schema']}.{c['table']}" for c in plan["cells"]}
    for cell in plan["cells"]:
        if cell["expected"] == "unrestricted" and cell["role"] in ("anon", "authenticated"):
            seen.findings.add((f"{cell['schema']}.{cell['table']}", "unrestricted"))
    if told["no_probes"]:
        seen.unsure = tables - {name for name, _ in seen.findings}
    return (seen,)


def _grid_config(text: str, place: Place) -> str:
    """What `init` guessed, with what a person knows: schemas, tenant column, claims."""
    schemas = ", ".join(f'"{s}"' for s in place.schemas)
    text = re.sub(r"(?m)^schema_search_path = .*$", f"schema_search_path = [{schemas}]", text)
    managed = [s for s in ("storage", "realtime") if s in place.schemas]
    for schema in managed:
        text = re.sub(rf'(?m)^(schemas = .*)"{schema}", ', r"\1", text)
    if place.tenant is None:
        return text
    text = re.sub(r"(?m)^tenant_column = .*$", f'tenant_column = "{place.tenant}"', text)
    sub = "{tenant_id}" if place.personal else "{user_id}"
    claims = f'sub = "{sub}", {place.tenant} = "{{tenant_id}}", role = "authenticated"'
    return re.sub(r"(?m)^jwt_claims = .*$", f"jwt_claims = {{ {claims} }}", text)


def _advisors(place: Place) -> tuple[Seen, ...]:
    database = place.database
    with database.connect("supabase_admin", autocommit=True) as connection:
        schemas = ", ".join(place.schemas)
        connection.execute(
            f"alter database {database.name} set pgrst.db_schemas = '{schemas}'".encode()
        )
    with tempfile.TemporaryDirectory() as folder:
        done = official.Official(Path(folder), database).run(
            "db", "advisors", "--type=security", "--level=warn"
        )
    told = _json(done)
    if told is None:
        return (Seen(failed=_last(done)),)
    other = ("function_search_path_mutable", "extension_in_public", "auth_")
    found = (
        (bare(f"{r['metadata'].get('schema')}.{r['metadata'].get('name')}"), r["name"])
        for r in told["results"]
    )
    return (Seen({f for f in found if not f[1].startswith(other)}),)
