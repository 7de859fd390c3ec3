"""The way of a coach through the whole platform: what clients do, and what to call it with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.support.servers import Connection

# What each argument without a default is given, by its name: a function of tomorrow that asks for
# something else says so.
ARGUMENTS: dict[str, Any] = {
    "status": "qualified",
    "tag": "vip",
    "body": "Called back.",
    "settings": {"followup_after_days": 3},
    "from_date": "2026-10-01",
    "to_date": "2026-10-31",
    "grain": "week",
}

CALLABLE = """
select
  p.proname,
  coalesce(array_agg(a.name order by a.number) filter (
    where a.number <= p.pronargs - p.pronargdefaults
  ), '{}') as required,
  coalesce(array_agg(a.name order by a.number), '{}') @> '{coach_id}' as takes_coach,
  p.provolatile <> 'v' as reads
from pg_proc as p
left join lateral unnest(p.proargnames, p.proargmodes) with ordinality
  as a (name, mode, number) on coalesce(a.mode, 'i') = 'i'
where
  p.pronamespace = 'public'::regnamespace
  and has_function_privilege('authenticated', p.oid, 'execute')
group by p.oid, p.proname, p.pronargs, p.pronargdefaults, p.provolatile
order by p.provolatile = 'v', p.proname
"""


@dataclass(frozen=True)
class Function:
    """A function of `public` that a signed-in person may call."""

    name: str
    required: list[str]
    takes_coach: bool
    reads: bool

    def arguments(self, lead_id: str) -> dict[str, Any]:
        """Enough to call it about this lead."""
        known = {**ARGUMENTS, "lead_id": lead_id}
        return {name: known[name] for name in self.required}


def functions(db: Connection) -> list[Function]:
    """All of them, those that write last."""
    return [Function(*row) for row in db.execute(CALLABLE.encode())]


def follow(link: str) -> dict[str, str]:
    """Where a link to set a password leads: the tokens that it puts into the address."""
    answer = httpx.get(link, follow_redirects=False)
    assert answer.status_code in (302, 303), answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).fragment))


def events(coach_id: str) -> list[dict[str, Any]]:
    """A lead who was written to, answered, and bought."""
    told: list[dict[str, Any]] = [
        {"type": "lead", "first_name": "Zoé", "source": "story", "job_title": "Chef"},
        {"type": "message", "direction": "out", "text": "Bonjour !"},
        {"type": "message", "direction": "in", "text": "Oui ?"},
        {"type": "status", "status": "won", "deal_value": 900},
    ]
    return [
        {
            "id": f"{coach_id}-{minute}",
            "coach_id": coach_id,
            "contact_id": "contact-1",
            "at": f"2026-10-20T10:{minute:02}:00Z",
            **what,
        }
        for minute, what in enumerate(told)
    ]
