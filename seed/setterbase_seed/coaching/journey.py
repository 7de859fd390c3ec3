"""One lead's way from the first click to a sale, a refusal or silence.

The model: a lead arrives by a source, is written to up to four times until they answer, talks,
qualifies or not, is proposed a call, books it, comes or not, buys or not. Each step has a chance
that depends on the coach's skill and on how warm the source is. What would happen after the world's
last second has not happened yet: that is where leads in mid-course come from.

This runs once a lead, millions of times: hence local names and tables instead of small helpers.
"""

from __future__ import annotations

from collections.abc import Callable

from setterbase_seed.coaching.traits import Traits
from setterbase_seed.people import YOUNGEST
from setterbase_seed.rhythm import CHAT, DAY, FIRST_TOUCH, HOUR, LATER
from setterbase_seed.texts import address

Random = Callable[[], float]
_LOSSES = ("price",) * 7 + ("hesitation",) * 5 + ("time",) * 4 + ("already_tried",) * 2 + ("",) * 2
_AFTER_CALL = ("price",) * 9 + ("hesitation",) * 6 + ("time",) * 3 + ("already_tried", "")


class Lead:
    """What happened to one lead, each list in the order of time. Times are seconds since 1970.

    `messages` are (time, outbound, text), `statuses` (time, explicit status); a call that was
    proposed or booked is such a status. None is «unknown» or «never».
    """

    __slots__ = (
        "age", "attended_at", "created_at", "deal_value", "email", "email_at",
        "first_name", "gender", "handle", "index", "job", "last_name", "loss_reason", "magnet_at",
        "messages", "missed_at", "source", "statuses",
    )  # fmt: skip

    index: int
    created_at: int
    first_name: str | None
    last_name: str | None
    handle: str
    gender: str | None
    age: int | None
    job: str | None
    source: str | None
    email: str | None
    email_at: int | None
    messages: list[tuple[int, bool, str]]
    statuses: list[tuple[int, str]]
    attended_at: int | None
    missed_at: int | None
    magnet_at: int | None
    deal_value: int | None
    loss_reason: str | None


def live(r: Random, coach: Traits, index: int) -> Lead:
    """The life of lead number `index`, as far as the world has come."""
    lead = Lead()
    lead.index = index
    lead.email = lead.email_at = lead.attended_at = lead.missed_at = lead.magnet_at = None
    lead.deal_value = lead.loss_reason = None
    lead.statuses = []
    lead.messages = []
    warmth = arrive(r, coach, lead)
    last = talk(r, coach, lead, warmth)
    if last >= coach.end:
        forget_the_future(lead, coach.end)
    return lead


def arrive(r: Random, coach: Traits, lead: Lead) -> float:
    """When, from where, and who; answers how warm the lead is."""
    day = coach.days[int(r() * len(coach.days))]
    at = day * DAY + coach.hours[day][int(r() * 256)] * HOUR + int(r() * HOUR) - coach.offset
    # A local night at the edge of the world belongs to its other edge.
    lead.created_at = coach.start + at % (coach.end - coach.start)
    lead.source, warmth = coach.sources[day][int(r() * 64)]

    people = coach.people
    chance = r()
    female = chance < coach.women
    first, first_letters = (people.female if female else people.male)[int(r() * 1024)]
    last, last_letters = people.last[int(r() * 1024)]
    style = int(r() * 32)
    glue = "._"[style & 1] if style < 24 else ""
    lead.handle = f"{first_letters}{glue}{last_letters}_{coach.tag[:3]}{lead.index:x}"
    # Instagram shows a name to nine in ten; the rest comes out in the conversation or never.
    lead.first_name = first if style != 7 else None
    lead.last_name = last if style > 4 else None
    lead.gender = ("female" if female else "male") if r() < 0.93 else None
    if lead.gender and style == 9:
        lead.gender = "other"
    chance = r()
    if chance < 0.72:
        age = people.ages[int(r() * 1024)]
        lead.age = age
        jobs = people.female_jobs if female else people.male_jobs
        job = jobs[age - YOUNGEST][int(r() * 128)] if chance < 0.61 else ""
        # People write their job as they please; the figures see through it.
        lead.job = (job.lower() if style == 11 else job) or None
    else:
        lead.age = lead.job = None
    return warmth


def talk(r: Random, coach: Traits, lead: Lead, warmth: float) -> int:
    """The openers and what follows an answer; answers the time of the last thing that happened."""
    texts, say, offset = coach.texts, lead.messages.append, coach.offset
    name = lead.first_name
    at = lead.created_at + FIRST_TOUCH[int(r() * 256)]
    for opener, rate in zip(texts.openers, coach.replies, strict=True):
        text = opener[int(r() * len(opener))]
        say((at, True, address(text, name)))
        if r() < rate * warmth:
            at += LATER[int(r() * 256)]
            say((at, False, texts.replies[int(r() * len(texts.replies))]))
            return converse(r, coach, lead, warmth, at)
        # The next try comes in one to three days, in the coach's working hours.
        at += DAY + int(r() * 2 * DAY)
        night = (at + offset) % DAY
        if night < 9 * HOUR:
            at += 9 * HOUR - night + int(r() * HOUR)
    if r() < 0.3:
        lead.statuses.append((at, "relance"))
    elif r() < 0.12:
        lose(r, coach, lead, at, "")
    return at


def converse(r: Random, coach: Traits, lead: Lead, warmth: float, at: int) -> int:
    """From the first answer to the proposal of a call."""
    texts, say, skill = coach.texts, lead.messages.append, coach.skill
    for _ in range(1 + int(r() * 3)):
        at += 30 + CHAT[int(r() * 256)]
        say((at, True, texts.questions[int(r() * len(texts.questions))]))
        if r() > 0.8 + 0.12 * skill:
            return fall_silent(r, coach, lead, at)
        at += 15 + CHAT[int(r() * 256)]
        say((at, False, texts.answers[int(r() * len(texts.answers))]))
    if r() < 0.5:
        at += 60 + CHAT[int(r() * 256)]
        say((at, True, texts.magnets[int(r() * len(texts.magnets))]))
        lead.magnet_at = at + 1
        if r() < 0.6:
            at += 90 + CHAT[int(r() * 256)]
            lead.email = f"{lead.handle}@example.com"
            say((at, False, lead.email))
            lead.email_at = at + 1
        at += 1
    if r() > 0.42 * skill + 0.14 * warmth:
        chance = r()
        if chance < 0.35:
            at += 600
            lose(r, coach, lead, at, _LOSSES[int(r() * 20)])
        elif chance < 0.5:
            at += DAY + int(r() * DAY)
            lead.statuses.append((at, "engaged"))
        return at
    at += 60
    lead.statuses.append((at, "qualified"))
    if r() < 0.14:
        return fall_silent(r, coach, lead, at)
    at += 30 + CHAT[int(r() * 256)]
    say((at, True, texts.proposals[int(r() * len(texts.proposals))]))
    lead.statuses.append((at + 1, "call_proposed"))
    chance = r()
    if chance < 0.34 + 0.22 * skill:
        at += 60 + LATER[int(r() * 256)]
        say((at, False, texts.accepts[int(r() * len(texts.accepts))]))
        return call(r, coach, lead, at + 20)
    if chance < 0.88:
        at += 60 + LATER[int(r() * 256)]
        say((at, False, texts.declines[int(r() * len(texts.declines))]))
        if r() < 0.7:
            at += HOUR
            lose(r, coach, lead, at, _LOSSES[int(r() * 20)])
        return at
    return fall_silent(r, coach, lead, at + 1)


def call(r: Random, coach: Traits, lead: Lead, at: int) -> int:
    """From the booked call to its outcome."""
    texts, say = coach.texts, lead.messages.append
    name = lead.first_name
    lead.statuses.append((at, "call_booked"))
    # In one to four days, between 9 and 20 o'clock.
    day = (at + coach.offset) // DAY + 1 + int(r() * 4)
    begins = day * DAY - coach.offset + 9 * HOUR + int(r() * 44) * 900
    say((begins - 2 * HOUR, True, address(texts.reminders[int(r() * len(texts.reminders))], name)))
    if r() < 0.2:
        at = begins + 900
        lead.missed_at = at
        say((at + 60, True, address(texts.missed[int(r() * len(texts.missed))], name)))
        chance = r()
        if chance < 0.45:
            return fall_silent(r, coach, lead, at + 60)
        if chance < 0.7:
            at += 2 * DAY
            lose(r, coach, lead, at, _LOSSES[int(r() * 20)])
        return at + 60
    at = begins + 1200 + int(r() * 2400)
    lead.attended_at = begins
    say((at, True, address(texts.after_calls[int(r() * len(texts.after_calls))], name)))
    chance = r()
    won = 0.12 + 0.24 * coach.skill
    if chance < won:
        at += 60 + LATER[int(r() * 256)] * (1 + int(r() * 2))
        say((at, False, texts.wins[int(r() * len(texts.wins))]))
        at += 60
        lead.statuses.append((at, "won"))
        lead.deal_value = coach.deals[int(r() * len(coach.deals))]
    elif chance < won + 0.38:
        at += 60 + LATER[int(r() * 256)]
        say((at, False, texts.declines[int(r() * len(texts.declines))]))
        at += HOUR
        lose(r, coach, lead, at, _AFTER_CALL[int(r() * 20)])
    return at


def fall_silent(r: Random, coach: Traits, lead: Lead, at: int) -> int:
    """No answer any more: half are written to again after some days, some are given up."""
    chance = r()
    if chance > 0.7:
        return at
    at += 3 * DAY + int(r() * 4 * DAY)
    if chance > 0.48:
        lose(r, coach, lead, at, _LOSSES[int(r() * 20)])
        return at
    lead.statuses.append((at, "relance"))
    revivals = coach.texts.revivals
    lead.messages.append(
        (at + 30, True, address(revivals[int(r() * len(revivals))], lead.first_name))
    )
    return at + 30


def lose(r: Random, coach: Traits, lead: Lead, at: int, reason: str) -> None:
    """The lead is lost; a reason outside the list stays in the coach's own words."""
    others = coach.texts.other_reasons
    lead.statuses.append((at, "lost"))
    lead.loss_reason = reason or others[int(r() * len(others))]


def forget_the_future(lead: Lead, end: int) -> None:
    """Take back what happens at or after `end`."""
    lead.messages = [message for message in lead.messages if message[0] < end]
    lead.statuses = [status for status in lead.statuses if status[0] < end]
    last = lead.statuses[-1][1] if lead.statuses else None
    if last != "won":
        lead.deal_value = None
    if last != "lost":
        lead.loss_reason = None
    if lead.attended_at is not None and lead.attended_at >= end:
        lead.attended_at = None
    if lead.missed_at is not None and lead.missed_at >= end:
        lead.missed_at = None
    if lead.magnet_at is not None and lead.magnet_at >= end:
        lead.magnet_at = None
    if lead.email_at is not None and lead.email_at >= end:
        lead.email = lead.email_at = None
