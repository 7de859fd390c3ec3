"""The flow of docs/n8n, and what n8n does with its expressions and its code, done by Deno.

n8n gives both the item as `$json`. An expression is a text that begins with `=`, with JavaScript
between braces; alone between them, its value is kept as it is.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[2] / "docs" / "n8n" / "setterbase-ingest.json"

Node = dict[str, Any]


def flow() -> dict[str, Any]:
    """The workflow as n8n imports it."""
    read: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return read


def node(name: str) -> Node:
    """The node of this name."""
    [found] = [one for one in flow()["nodes"] if one["name"] == name]
    return dict(found)


def code(name: str, item: object) -> Any:
    """What the Code node `name` makes of one item."""
    return javascript(node(name)["parameters"]["jsCode"], item)["json"]


def expression(text: str, item: object) -> Any:
    """The value of a parameter for one item."""
    if not text.startswith("="):
        return text
    before, _, rest = text[1:].partition("{{")
    inside, _, after = rest.partition("}}")
    value = javascript(f"return {inside.strip()}", item)
    return value if before == after == "" else f"{before}{value}{after}"


def javascript(body: str, item: object) -> Any:
    """What the body of a function of `$json` returns, by way of JSON, without any permission."""
    from deno import find_deno_bin

    program = (
        f"const run = new Function('$json', {json.dumps(body)});\n"
        f"console.log(JSON.stringify(run({json.dumps(item)})));\n"
    )
    done = subprocess.run(
        [find_deno_bin(), "run", "--no-config", "--no-prompt", "--ext=js", "-"],
        input=program,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
