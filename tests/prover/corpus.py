"""Reads the stories of `corpus/`: a schema, the leak, the mend, and what must be said of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    name: str
    bad: str  # SQL; empty for a case that is safe from the start
    mended: str
    leaks: tuple[tuple[str, str], ...]  # object, command
    oracles: tuple[tuple[str, str], ...]
    public: tuple[tuple[str, str], ...]  # open on purpose, mended too, and said to be
    has_axis: bool


def read(path: Path) -> Case:
    text = path.read_text(encoding="utf-8")
    head = dict(re.findall(r"^-- (\w[\w ]*?)(?:: (.*))?$", text, re.M))
    base, *rest = re.split(r"^-- @(bad|mended)\n", text, flags=re.M)
    parts = dict(zip(rest[::2], rest[1::2], strict=True))
    uses = [n.strip() for n in head.get("uses", "").split(",") if n.strip()]
    prelude = "".join((_HERE / "preludes" / f"{n}.sql").read_text(encoding="utf-8") for n in uses)
    safe = "safe" in head
    return Case(
        name=path.stem,
        bad="" if safe else prelude + base + parts.get("bad", ""),
        mended=prelude + base + parts.get("mended", ""),
        leaks=_pairs(head.get("leaks", "")),
        oracles=_pairs(head.get("oracle", "")),
        public=_pairs(head.get("public", "")),
        has_axis="no axis" not in head,
    )


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    found = []
    for one in re.split(r";\s*", text) if text else ():
        label, command = one.rsplit(" ", 1)
        found.append((label, command))
    return tuple(found)


def cases() -> list[Case]:
    return [read(p) for p in sorted((_HERE / "corpus").glob("*.sql"))]
