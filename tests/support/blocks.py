"""The code blocks of a document, for tests that run what it shows."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, language: str) -> list[str]:
    """The blocks of `page` that say they are in `language`, in their order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [body for said, body in BLOCK.findall(text) if said == language]
