"""What the database makes of a lead's life: milestones, status, history.

These are the rules of `private.close_milestones`, `private.reach_stage`, `private.apply_event` and
`private.tg_leads__normalize`, for a life that is known in full and in order. A test holds both
equal, column by column.
"""

from __future__ import annotations

from typing import NamedTuple

from setterbase_seed.coaching.journey import Lead

REASONS = frozenset(("price", "time", "already_tried", "hesitation", "other"))


class Standing(NamedTuple):
    """How far a lead came. Times are seconds since 1970, None is «never»."""

    status: str
    status_changed_at: int | None
    engaged_at: int | None
    qualified_at: int | None
    call_proposed_at: int | None
    call_booked_at: int | None
    won_at: int | None
    lost_at: int | None
    history: list[tuple[str, str, int]]  # from, to, when


def settle(lead: Lead) -> Standing:
    """Where the lead stands after everything that happened to it."""
    engaged: int | None = None
    for at, outbound, _ in lead.messages:
        if not outbound:
            engaged = at  # the first answer, whatever the status
            break
    history: list[tuple[str, str, int]] = []
    status, changed = "new", None
    qualified = proposed = booked = won = lost = None
    if engaged is not None and not (lead.statuses and lead.statuses[0][0] <= engaged):
        history.append(("new", "engaged", engaged))
        status = "engaged"
    for at, reached in lead.statuses:
        if reached != status:
            history.append((status, reached, at))
        status, changed = reached, at
        if reached == "qualified":
            qualified = at if qualified is None else qualified
        elif reached == "call_proposed":
            proposed = at if proposed is None else proposed
        elif reached == "call_booked":
            booked = at if booked is None else booked
        elif reached == "won":
            won = at if won is None else won
        elif reached == "lost":
            lost = at if lost is None else lost
        elif reached == "engaged" and engaged is None:
            engaged = at
    if proposed is None:
        proposed = booked
    if qualified is None:
        qualified = proposed if proposed is not None else won
    if engaged is None:
        engaged = qualified
    return Standing(status, changed, engaged, qualified, proposed, booked, won, lost, history)


def loss(lead: Lead) -> tuple[str | None, str | None]:
    """The listed reason and, for `other`, the words behind it."""
    reason = lead.loss_reason
    if reason is None or reason in REASONS:
        return reason, None
    return "other", reason
