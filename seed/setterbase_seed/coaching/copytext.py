"""Leads as lines of PostgreSQL's COPY text format: what the triggers would have written.

Numbering, replies, sequences and counters follow `private.sync_conversations`. Within a lead every
message has a second of its own and they come in order, so the answer to an outbound one is the next
message, or there is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from setterbase_seed import rhythm
from setterbase_seed.coaching.journey import Lead
from setterbase_seed.coaching.settle import loss, settle
from setterbase_seed.coaching.traits import Traits
from setterbase_seed.rhythm import DAY

# In the order of writing: each leans on the ones before it.
TABLES = {
    "leads": (
        "id", "coach_id", "contact_id", "user_id_instagram", "first_name", "last_name", "email",
        "age", "gender", "job_title", "status", "source", "loss_reason", "loss_reason_detail",
        "deal_value", "total_messages_sent", "total_messages_received", "time_to_action_minutes",
        "engaged_at", "qualified_at", "call_proposed_at", "call_booked_at", "call_attended_at",
        "call_no_show_at", "won_at", "lost_at", "lead_magnet_sent_at", "first_message_at",
        "last_message_at", "status_changed_at", "created_at",
    ),
    "messages": (
        "id", "coach_id", "lead_id", "text", "direction", "message_number", "created_at",
        "is_replied", "replied_at",
    ),
    "message_sequences": (
        "id", "coach_id", "lead_id",
        "msg1_sent_at", "msg1_replied", "msg1_replied_at",
        "msg2_sent_at", "msg2_replied", "msg2_replied_at",
        "msg3_sent_at", "msg3_replied", "msg3_replied_at",
        "msg4_sent_at", "msg4_replied", "msg4_replied_at",
        "call_proposed_at", "call_booked_at", "created_at",
    ),
    "lead_status_history": ("coach_id", "lead_id", "from_status", "to_status", "changed_at"),
}  # fmt: skip

_NULL = "\\N"
_ROW = tuple(f"{row:02x}" for row in range(256))
_NEVER_SENT = tuple("\t\\N\tf\t\\N" * count for count in range(5))
_NO_STAGES = "\t".join([_NULL] * 6)
_STAMP = len("\t2026-10-31T12:00:00Z")


class Rows(NamedTuple):
    """Some leads as COPY text, and how many rows each text holds, in the order of TABLES."""

    texts: tuple[bytes, ...]
    counts: tuple[int, ...]


class Clock:
    """The texts of a world's seconds; made once, since it holds every second of a day."""

    def __init__(self, start: int, days: int) -> None:
        self.start = start
        self.calendar, self.seconds = rhythm.stamps(start, days)


def contact(coach: Traits, index: int) -> str:
    """The contact id of lead number `index`: what an event finds its lead by."""
    return f"seed-{coach.tag}-{index}"


def render(leads: Iterable[Lead], coach: Traits, clock: Clock) -> Rows:
    """The rows of these leads of one coach."""
    start, calendar, seconds = clock.start, clock.calendar, clock.seconds
    coach_id, tag, id_prefix = coach.coach_id, coach.tag, coach.id_prefix
    lead_rows: list[str] = []
    message_rows: list[str] = []
    sequence_rows: list[str] = []
    history_rows: list[str] = []
    add_message = message_rows.append

    def stamp(at: int | None) -> str:
        return "\\N" if at is None else calendar[(at - start) // DAY] + seconds[at % DAY]

    for lead in leads:
        rows = f"{id_prefix}{lead.index:06x}"
        lead_id = f"{rows}00"
        owner = f"{coach_id}\t{lead_id}\t"
        sent: list[str] = []
        ins = outs = 0
        pending = at_text = now = ""  # the outbound message that may yet be answered, and its time
        for row, (at, outbound, text) in enumerate(lead.messages):
            now = calendar[(at - start) // DAY] + seconds[at % DAY]
            if outbound:
                if pending:
                    unanswered = f"\t{at_text}\tf\t\\N"
                    sent.append(unanswered)
                    add_message(f"{pending}{unanswered}\n")
                outs += 1
                at_text = now
                pending = f"{rows}{_ROW[row]}\t{owner}{text}\tout\t{outs}"
            else:
                if pending:
                    answered = f"\t{at_text}\tt\t{now}"
                    sent.append(answered)
                    add_message(f"{pending}{answered}\n")
                    pending = ""
                ins += 1
                add_message(f"{rows}{_ROW[row]}\t{owner}{text}\tin\t{ins}\t{now}\tf\t\\N\n")
        if pending:
            unanswered = f"\t{at_text}\tf\t\\N"
            sent.append(unanswered)
            add_message(f"{pending}{unanswered}\n")

        standing = settle(lead)
        proposed = booked = minutes = _NULL
        if standing.qualified_at is None:
            stages = _NO_STAGES  # six times in ten
        else:
            booked_at = standing.call_booked_at
            if booked_at is not None:
                minutes = str((booked_at - lead.created_at) // 60)
            proposed, booked = stamp(standing.call_proposed_at), stamp(booked_at)
            stages = (
                f"{stamp(standing.qualified_at)}\t{proposed}\t{booked}"
                f"\t{stamp(lead.attended_at)}\t{stamp(lead.missed_at)}\t{stamp(standing.won_at)}"
            )
        first_said = last_said = _NULL
        if sent:
            unsent = "" if outs > 3 else _NEVER_SENT[4 - outs]
            first_four = "".join(sent[:4]) + unsent
            first_said = first_four[1:_STAMP]
            sequence_rows.append(
                f"{lead_id}\t{coach_id}\t{lead_id}{first_four}"
                f"\t{proposed}\t{booked}\t{first_said}\n"
            )
            last_said = now
        for before, after, at in standing.history:
            history_rows.append(f"{owner}{before}\t{after}\t{stamp(at)}\n")
        reason, detail = (None, None) if lead.loss_reason is None else loss(lead)
        age = _NULL if lead.age is None else lead.age
        value = _NULL if lead.deal_value is None else lead.deal_value
        lead_rows.append(
            f"{lead_id}\t{coach_id}\tseed-{tag}-{lead.index}\t{lead.handle}"
            f"\t{lead.first_name or _NULL}\t{lead.last_name or _NULL}\t{lead.email or _NULL}"
            f"\t{age}\t{lead.gender or _NULL}\t{lead.job or _NULL}\t{standing.status}"
            f"\t{lead.source or _NULL}\t{reason or _NULL}\t{detail or _NULL}\t{value}"
            f"\t{outs}\t{ins}\t{minutes}\t{stamp(standing.engaged_at)}\t{stages}"
            f"\t{stamp(standing.lost_at)}\t{stamp(lead.magnet_at)}\t{first_said}\t{last_said}"
            f"\t{stamp(standing.status_changed_at)}\t{stamp(lead.created_at)}\n"
        )
    grouped = (lead_rows, message_rows, sequence_rows, history_rows)
    return Rows(
        tuple("".join(rows).encode() for rows in grouped), tuple(len(rows) for rows in grouped)
    )
