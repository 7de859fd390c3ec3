"""A coach is made with their auth user, tenant, membership and link, or nothing is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID, uuid4

from setterbase.errors import SetterbaseError, TargetError, UsageError
from setterbase.provisioning.admin import Admin, RefusedError, UnreachedError

LONGEST = 200
LONGEST_EMAIL = 255
# More do not make it faster: the auth service hashes a password for each user.
AT_ONCE = 8

LINK_IT = "An existing tenant is given to a user by `setterbase coach link`."

Result = Literal["created", "existing", "refused"]


@dataclass(frozen=True)
class Draft:
    """What is asked for; `line` is that of the file it stands in."""

    email: str
    name: str
    specialty: str
    timezone: str | None = None
    id: UUID | None = None
    redirect_to: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a draft. The link is there for a coach who was created, and only here."""

    result: Result
    email: str
    line: int | None = None
    coach_id: UUID | None = None
    name: str | None = None
    timezone: str | None = None
    reason: str | None = None
    magic_link: str | None = field(default=None, repr=False)
    redirect_to: str | None = None


def check(draft: Draft) -> Draft:
    """The draft as it will be kept. Raises UsageError that names every field that is off.

    Time zones are left to the database, which knows its own.
    """
    email = draft.email.strip().lower()
    name = draft.name.strip()
    specialty = draft.specialty.strip()
    timezone = (draft.timezone or "").strip() or None
    problems = []
    if not is_email(email):
        problems.append(f"email: {draft.email!r} is no e-mail address")
    for field_name, value in (("name", name), ("specialty", specialty)):
        if not value:
            problems.append(f"{field_name}: is missing")
        elif len(value) > LONGEST:
            problems.append(f"{field_name}: is longer than {LONGEST} characters")
        elif not storable(value):
            problems.append(f"{field_name}: holds a character that cannot be stored")
    for field_name, given in (("timezone", timezone), ("redirect_to", draft.redirect_to)):
        if given is not None and not storable(given):
            problems.append(f"{field_name}: holds a character that cannot be stored")
    if problems:
        raise UsageError(f"{'; '.join(problems)}.", hint="Nothing was made.")
    return Draft(email, name, specialty, timezone, draft.id, draft.redirect_to, draft.line)


def create(admin: Admin, draft: Draft) -> Outcome:
    """Make a coach. One who is there with the same details is `existing`, and nothing changes.

    Raises UsageError for a draft that is off or contradicts what is there, TargetError or
    RefusedError when the project fails; whatever was made by then is taken out again, and if even
    that fails the error says what is left.
    """
    draft = check(draft)
    if draft.id is not None and admin.user(draft.id) is not None:
        return _existing(admin, draft, admin.tenant(id=str(draft.id)), f"id {draft.id}")
    try:
        coach_id = _make(admin, draft)
    except RefusedError as refused:
        if refused.email_exists:
            there = admin.tenant(email=draft.email)
            return _existing(admin, draft, there, f"e-mail {draft.email}")
        hint = LINK_IT if refused.status == 409 else "Nothing was made."
        raise UsageError(f"{refused.message}.", hint=hint) from None
    try:
        tenant = admin.tenant(id=str(coach_id))
        if tenant is None:
            raise TargetError(
                "the project made a user, but no coach.", hint="Run `setterbase migrate up`."
            )
        link = admin.recovery_link(draft.email, draft.redirect_to)
    except BaseException as error:  # Ctrl-C too leaves nothing half made
        raise undo(admin, coach_id, error) from None
    return Outcome(
        "created",
        draft.email,
        draft.line,
        coach_id,
        tenant["name"],
        tenant["timezone"],
        magic_link=link.url,
        redirect_to=link.redirect_to,
    )


def _make(admin: Admin, draft: Draft) -> UUID:
    """Make user, tenant and membership; the id of all three.

    Raises RefusedError when the project said no: nothing was made then. After any other failure
    nobody knows, so what may have been made is taken out by the id that was chosen for it here.
    """
    wanted = draft.id or uuid4()
    profile = {"name": draft.name, "specialty": draft.specialty, "timezone": draft.timezone}
    metadata = {"setterbase_coach": {k: v for k, v in profile.items() if v is not None}}
    made = wanted
    try:
        made = admin.create_user(wanted, draft.email, metadata)
        if made != wanted and draft.id is not None:
            raise TargetError(
                "the project's auth service does not take an id for a new user.",
                hint="Leave --id out, or update the auth service.",
            )
    except BaseException as error:
        if isinstance(error, UnreachedError) or refused_beforehand(error):
            raise
        raise undo(admin, made, error) from None
    return made


def refused_beforehand(error: BaseException) -> bool:
    """Whether the project said no to what was asked for, and so made nothing."""
    return isinstance(error, RefusedError) and (
        error.email_exists or error.status in (400, 409, 422)
    )


def is_email(text: str) -> bool:
    """Whether it has the form of an e-mail address; the auth service looks closer."""
    return (
        re.fullmatch(r"[^@\s]+@[^@\s]+", text) is not None
        and len(text) <= LONGEST_EMAIL
        and storable(text)
    )


def storable(text: str) -> bool:
    """Whether the database can hold it: no NUL, and no byte of a shell that is no UTF-8."""
    return not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text)


def undo(admin: Admin, user_id: UUID, cause: BaseException) -> BaseException:
    """Take a user out again that `cause` left half made; the error to raise, which tells it."""
    try:
        admin.delete_user(user_id)
    except SetterbaseError as error:
        return TargetError(
            f"{_words(cause)}; and user {user_id}, who was made by then, could not be taken out"
            f" again: {error.message.rstrip('.')}.",
            hint=f"Delete that user in the project's dashboard once it answers: {user_id}.",
        )
    if isinstance(cause, SetterbaseError):
        return TargetError(
            f"{_words(cause)}; nothing is left of what was made.", hint=cause.hint or "Try again."
        )
    return cause


def create_all(
    admin: Admin,
    drafts: Sequence[Draft],
    *,
    on_done: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Make many, some at a time; outcomes in the order of the drafts, one for each.

    `on_done` hears of each as it is decided. After Ctrl-C those in the making are finished and the
    others refused, so that no link is lost.
    """
    from concurrent.futures import ThreadPoolExecutor, as_completed

    outcomes: dict[int, Outcome] = {}
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        running = {pool.submit(_outcome, admin, draft): at for at, draft in _first(drafts)}
        try:
            for done in as_completed(running):
                outcomes[running[done]] = done.result()
                on_done(done.result())
        except KeyboardInterrupt:
            pool.shutdown(wait=True, cancel_futures=True)
            for done, at in running.items():
                if not done.cancelled():
                    outcomes[at] = done.result()
    for at, draft in enumerate(drafts):
        if at not in outcomes:
            twin = next((d for d in drafts[:at] if d.email == draft.email), None)
            reason = f"line {twin.line} has the same e-mail" if twin else "interrupted"
            outcomes[at] = Outcome("refused", draft.email, draft.line, reason=reason)
    return [outcomes[at] for at in range(len(drafts))]


def _first(drafts: Sequence[Draft]) -> Iterable[tuple[int, Draft]]:
    """Of drafts with the same e-mail the first: two at once would be told apart by chance."""
    seen = set()
    for at, draft in enumerate(drafts):
        if draft.email not in seen:
            seen.add(draft.email)
            yield at, draft


def _outcome(admin: Admin, draft: Draft) -> Outcome:
    try:
        return create(admin, draft)
    except SetterbaseError as error:
        reason = error.message.rstrip(".")
        return Outcome("refused", draft.email, draft.line, reason=reason)


def _existing(admin: Admin, draft: Draft, tenant: dict[str, Any] | None, what: str) -> Outcome:
    """The coach who is there, if it is the one that was asked for. Raises UsageError if not."""
    if tenant is None:
        raise UsageError(
            f"a user with the {what} exists already, and is no coach.",
            hint=f"Use another e-mail. {LINK_IT}",
        )
    asked = {
        "id": str(draft.id) if draft.id else None,
        "email": draft.email,
        "name": draft.name,
        "specialty": draft.specialty,
        "timezone": draft.timezone,
    }
    other = [
        f"{name} {tenant[name]!r}, not {value!r}"
        for name, value in asked.items()
        if value is not None and str(tenant[name]).lower() != value.lower()
    ]
    if other:
        raise UsageError(
            f"a coach with the {what} exists already, with {'; '.join(other)}.",
            hint="Nothing was changed.",
        )
    if not admin.is_owned(tenant["id"]):
        raise UsageError(f"a coach with the {what} exists already, and has no owner.", hint=LINK_IT)
    return Outcome(
        "existing", draft.email, draft.line, UUID(tenant["id"]), tenant["name"], tenant["timezone"]
    )


def _words(cause: BaseException) -> str:
    if isinstance(cause, SetterbaseError):
        return cause.message.rstrip(".")
    return f"interrupted by {type(cause).__name__}"
