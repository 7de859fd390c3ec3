"""Does a generated lead keep the rules of the tables? Asked before anything is written."""

from __future__ import annotations

import re
from itertools import pairwise

from setterbase_seed.coaching.journey import Lead
from setterbase_seed.coaching.settle import settle
from setterbase_seed.coaching.traits import SOURCES, Traits
from setterbase_seed.ids import MOST_ROWS

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]+")
_BREAKS_COPY = re.compile(r"[\t\n\r\\]")


def problems(lead: Lead, coach: Traits) -> list[str]:
    """What is wrong with a lead, a line each; empty when it is sound."""
    found = []
    standing = settle(lead)
    times = [lead.created_at]
    times += [at for at, _, _ in lead.messages] + [at for at, _ in lead.statuses]
    moments = (lead.attended_at, lead.missed_at, lead.magnet_at, lead.email_at)
    times += [at for at in moments if at is not None]
    if min(times) < coach.start or max(times) >= coach.end:
        found.append("something happens outside the world's days")
    if min(times) < lead.created_at:
        found.append("something happens before the lead arrives")
    said = [at for at, _, _ in lead.messages]
    if any(later <= earlier for earlier, later in pairwise(said)):
        found.append("messages are not in the order of time, a second apart")
    stages = [
        at
        for at in (
            lead.created_at,
            standing.engaged_at,
            standing.qualified_at,
            standing.call_proposed_at,
            standing.call_booked_at,
            lead.attended_at,
            standing.won_at,
        )
        if at is not None
    ]
    if stages != sorted(stages):
        found.append("a later stage is reached before an earlier one")
    if len(lead.messages) > MOST_ROWS:
        found.append(f"{len(lead.messages)} messages; ids have room for {MOST_ROWS}")
    if lead.age is not None and not 0 <= lead.age <= 130:
        found.append(f"age {lead.age}")
    if lead.gender not in ("male", "female", "other", None):
        found.append(f"gender {lead.gender}")
    if lead.source not in (*SOURCES, None):
        found.append(f"source {lead.source}")
    if (standing.status == "won") != (lead.deal_value is not None):
        found.append("a deal value without a win, or a win without one")
    if (standing.status == "lost") != (lead.loss_reason is not None):
        found.append("a loss reason without a loss, or a loss without one")
    if lead.email is not None and not _EMAIL.fullmatch(lead.email):
        found.append(f"email {lead.email}")
    texts = [lead.first_name, lead.last_name, lead.handle, lead.job, lead.loss_reason]
    texts += [text for _, _, text in lead.messages]
    if any(text is not None and (not text or _BREAKS_COPY.search(text)) for text in texts):
        found.append("a text is empty or holds a tab, a newline or a backslash")
    return found
