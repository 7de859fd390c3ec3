"""The sample stream, the coaches that it speaks of, and the figures that it must give."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from setterbase.db import query
from tests.support.servers import Connection

STREAM = Path(str(resources.files("setterbase.demo"))) / "conversations.jsonl"
EXPECTED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "conversations.expected.json").read_text("utf-8")
)
AS_OF = datetime(2026, 10, 31, 12, tzinfo=UTC)
CAMILLE = "camille.laurent@exemple.fr"


def add_coaches(connection: Connection) -> None:
    """Those of the demo."""
    connection.execute(query("coaches", "setterbase.demo"))
    connection.commit()
