"""Leads as events of the ingest contract: the same world, told to `ingest_event`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from setterbase_seed.coaching.copytext import Clock, Rows, contact
from setterbase_seed.coaching.journey import Lead
from setterbase_seed.coaching.traits import Traits
from setterbase_seed.rhythm import DAY

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


def render(leads: Iterable[Lead], coach: Traits, clock: Clock) -> Rows:
    """One JSON line an event, each lead's in the order of time."""
    lines = [_ENCODE(event) + "\n" for lead in leads for event in events(lead, coach, clock)]
    return Rows(("".join(lines).encode(),), (len(lines),))


def events(lead: Lead, coach: Traits, clock: Clock) -> list[dict[str, Any]]:
    """What happened to a lead, in the order of time."""
    profile = {
        "user_id_instagram": lead.handle,
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "age": lead.age,
        "gender": lead.gender,
        "job_title": lead.job,
        "source": lead.source,
    }
    told: list[tuple[int, str, dict[str, Any]]] = [
        (lead.created_at, "lead", {k: v for k, v in profile.items() if v is not None})
    ]
    for at, outbound, text in lead.messages:
        told.append((at, "message", {"direction": "out" if outbound else "in", "text": text}))
    for at, status in lead.statuses:
        if status in ("call_proposed", "call_booked"):
            told.append((at, "call", {"outcome": status.removeprefix("call_")}))
            continue
        fields: dict[str, Any] = {"status": status}
        if status == "won" and lead.deal_value is not None:
            fields["deal_value"] = lead.deal_value
        if status == "lost" and lead.loss_reason is not None:
            fields["loss_reason"] = lead.loss_reason
        told.append((at, "status", fields))
    if lead.attended_at is not None:
        told.append((lead.attended_at, "call", {"outcome": "attended"}))
    if lead.missed_at is not None:
        told.append((lead.missed_at, "call", {"outcome": "no_show"}))
    if lead.magnet_at is not None:
        told.append((lead.magnet_at, "lead_magnet", {}))
    if lead.email_at is not None:
        told.append((lead.email_at, "lead", {"email": lead.email}))
    told.sort(key=lambda event: event[0])
    contact_id = contact(coach, lead.index)
    return [
        {
            "id": f"{contact_id}-{number:03}",
            "type": kind,
            "coach_id": coach.coach_id,
            "contact_id": contact_id,
            "at": clock.calendar[(at - clock.start) // DAY] + clock.seconds[at % DAY],
            **fields,
        }
        for number, (at, kind, fields) in enumerate(told)
    ]
