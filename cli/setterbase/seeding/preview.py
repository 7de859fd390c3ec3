"""A look at a world before it is written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from setterbase.seeding.plan import Plan
from setterbase_seed.coaching.blocks import Chunk, simulate
from setterbase_seed.coaching.settle import settle


def leads(plan: Plan, count: int) -> list[dict[str, Any]]:
    """`count` leads of the plan, some of each of the first coaches that get any."""
    getting = [part for part in plan.parts if part.last > part.first]
    each = max(1, count // max(1, len(getting)))
    rows: list[dict[str, Any]] = []
    for part in getting:
        last = min(part.last, part.first + each)
        for lead in simulate(plan.world, Chunk(part.coach, part.first, last)):
            name = " ".join(filter(None, (lead.first_name, lead.last_name)))
            rows.append(
                {
                    "coach": part.coach.name,
                    "lead": name or lead.handle,
                    "age": lead.age,
                    "job": lead.job,
                    "source": lead.source,
                    "status": settle(lead).status,
                    "messages": len(lead.messages),
                    "created": f"{datetime.fromtimestamp(lead.created_at, UTC):%Y-%m-%d %H:%M}",
                }
            )
        if len(rows) >= count:
            break
    return rows[:count]
