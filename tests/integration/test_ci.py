"""docs/ci.md: the workflow has GitHub's form, and its steps do what they say in any project."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from typer.main import get_command

from setterbase.main import app

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/ci.md"

NOTES = """
create table public.notes (
  id bigint generated always as identity primary key,
  user_id uuid not null references auth.users on delete cascade,
  body text
);
alter table public.notes enable row level security;
create policy notes_own on public.notes for select to authenticated using (user_id = auth.uid());
grant select on public.notes to authenticated;
"""
OPENED = "create policy notes_all on public.notes for select to authenticated using (true);\n"


def blocks() -> list[Any]:
    """What the page's YAML says."""
    found = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    return [yaml.safe_load(text) for text in found]


def workflow() -> dict[Any, Any]:
    found: dict[Any, Any] = blocks()[0]
    return found


def steps() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = workflow()["jobs"]["isolation"]["steps"]
    return found


def test_the_workflow_has_the_form_that_github_reads() -> None:
    flow = workflow()
    assert set(flow[True]) == {"push", "pull_request"}  # YAML 1.1 reads `on` as true
    assert flow["permissions"] == {"contents": "read", "security-events": "write"}
    job = flow["jobs"]["isolation"]
    assert set(job) == {"runs-on", "timeout-minutes", "steps"}
    for step in steps():
        assert set(step) <= {"name", "if", "uses", "with", "run"}
        assert ("uses" in step) != ("run" in step)
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w/-]+@v\d+", step["uses"])
    uploads = {s["uses"].split("@")[0]: s["with"] for s in steps() if "uses" in s and "with" in s}
    assert uploads["github/codeql-action/upload-sarif"]["sarif_file"] == "isolation.sarif"
    assert uploads["actions/upload-artifact"]["path"] == "isolation.*"


def test_every_yaml_on_the_page_names_commands_and_options_that_exist() -> None:
    verify = get_command(app).commands["verify"]  # type: ignore[attr-defined]
    known = {option for parameter in verify.params for option in parameter.opts}
    text = PAGE.read_text(encoding="utf-8")
    said = [line for line in text.splitlines() if "setterbase verify" in line]
    assert len(said) >= 4
    for line in said:
        assert set(re.findall(r"--[a-z][a-z-]*", line)) <= known
    gitlab = blocks()[1]["isolation"]
    ours = [s["run"] for s in steps() if "run" in s][:2]
    assert gitlab["script"][:2] == ours
    assert gitlab["artifacts"]["reports"]["junit"] in gitlab["script"][2]
    assert len(blocks()) == 3


@dataclass
class Runner:
    """A machine of GitHub's, as far as `run:` goes: a project, an interpreter, an environment."""

    project: Path
    environment: dict[str, str]

    def run(self) -> dict[str, int]:
        """Every `run:` step in order: exit code by name; after a failure only those that say so."""
        codes: dict[str, int] = {}
        for step in steps():
            if "run" not in step:
                continue
            condition = step.get("if", "")
            if any(codes.values()) and "!cancelled()" not in condition:
                continue
            files = re.findall(r"hashFiles\('([^']+)'\)", condition)
            if not all((self.project / name).exists() for name in files):
                continue
            codes[step["name"]] = self.step(step["run"])
        return codes

    def step(self, script: str) -> int:
        """One step, in the shell that GitHub gives it."""
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.project,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        sys.stdout.write(f"$ {script}\n{done.stdout}{done.stderr}")
        assert "Traceback" not in done.stderr
        return done.returncode


@pytest.fixture
def runner(open_folder: Path) -> Iterator[Runner]:
    """A stranger's project on a fresh machine, with a clean copy of this repository to install."""
    project = open_folder / "shop"
    (project / "supabase/migrations").mkdir(parents=True)
    (project / "supabase/config.toml").write_text('project_id = "shop"\n')
    (project / "supabase/migrations/20260101000000_notes.sql").write_text(NOTES)
    place = open_folder / "venv"
    venv.create(place, with_pip=True)
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("PG", "SETTERBASE", "GITHUB", "PYTEST", "COV"))
    }
    kept.pop("DATABASE_URL", None)
    machine = Runner(
        project,
        {
            **kept,
            "PATH": f"{place / 'bin'}:{os.environ['PATH']}",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "SETTERBASE": f"git+file://{clone(open_folder / 'setterbase')}",
            "GITHUB_STEP_SUMMARY": str(open_folder / "summary.md"),
            "CI": "true",
        },
    )
    yield machine
    machine.step("setterbase down")


def clone(target: Path) -> Path:
    """The working tree as a commit of its own, without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    for words in (("init", "-q"), ("add", "-A"), (*who, "commit", "-qm", "as it is")):
        subprocess.run(["git", *words], cwd=target, check=True)
    return target


@pytest.mark.slow
def test_the_steps_run_in_a_strangers_project(runner: Runner) -> None:
    names = [s["name"] for s in steps() if "run" in s]
    assert runner.run() == dict.fromkeys(names, 0)
    project, summary = runner.project, Path(runner.environment["GITHUB_STEP_SUMMARY"])
    assert "ISOLATED: no tenant reaches another." in summary.read_text()
    suite = ElementTree.parse(project / "isolation.xml").getroot()
    assert (suite.attrib["failures"], suite.attrib["errors"]) == ("0", "0")
    assert json.loads((project / "isolation.sarif").read_text())["runs"][0]["results"] == []

    (project / "supabase/migrations/20260102000000_open.sql").write_text(OPENED)
    summary.unlink()
    codes = runner.run()
    assert [n for n, code in codes.items() if code] == ["Attack it as every kind of caller"]
    assert codes["Attack it as every kind of caller"] == 1
    assert codes["Show the verdict on the page of the run"] == 0
    assert "### LEAK: `public.notes` select" in summary.read_text()
    assert int(ElementTree.parse(project / "isolation.xml").getroot().attrib["failures"]) > 0
    results = json.loads((project / "isolation.sarif").read_text())["runs"][0]["results"]
    assert [(r["ruleId"], r["level"]) for r in results] == [("isolation/leak", "error")]
