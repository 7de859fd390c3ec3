"""The report as SARIF 2.1.0, for code scanning: leaks, oracles and what is unproven."""

from __future__ import annotations

import json
from typing import Any

from setterbase import __version__
from setterbase.prover.verdict import Kind, Report, Verdict

_LEVELS = {Kind.LEAK: "error", Kind.UNPROVEN: "warning", Kind.ORACLE: "note"}
_RULES = {
    Kind.LEAK: "A row or a figure of one tenant reaches another.",
    Kind.UNPROVEN: "Isolation could not be put to the proof.",
    Kind.ORACLE: "No row crosses, but an answer tells that one exists.",
}


def render(report: Report) -> str:
    # One result a fingerprint: code scanning would drop the second as a copy of the first.
    grouped: dict[tuple[str, str, str], list[Verdict]] = {}
    for verdict in report.verdicts:
        if verdict.verdict in _LEVELS:
            spot = (verdict.object, verdict.command, str(verdict.verdict))
            grouped.setdefault(spot, []).append(verdict)
    rules = [{"id": _id(k), "shortDescription": {"text": t}} for k, t in _RULES.items()]
    return json.dumps(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {
                        "driver": {
                            "name": "setterbase verify",
                            "version": __version__,
                            "rules": rules,
                        }
                    },
                    "results": [_result(vs) for vs in grouped.values()],
                }
            ],
        },
        ensure_ascii=False,
        indent=2,
    )


def _id(kind: Kind) -> str:
    return f"isolation/{str(kind).lower()}"


def _result(verdicts: list[Verdict]) -> dict[str, Any]:
    first = verdicts[0]
    who = ", ".join(v.identity for v in verdicts)
    text = f"{first.object} {first.command}: {first.reason} (as {who})"
    if first.witness is not None:
        text += f"\n\n{first.witness.row}\n\n{first.witness.sql}"
    name = f"{first.object}/{first.command}"
    return {
        "ruleId": _id(first.verdict),
        "level": _LEVELS[first.verdict],
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "supabase/migrations"},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": first.object, "kind": first.kind}],
            }
        ],
        "partialFingerprints": {"object/v1": f"{name}/{_id(first.verdict)}"},
    }
