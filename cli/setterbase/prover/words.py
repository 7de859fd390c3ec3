"""Names and words that tell what a column is for: roles, states, flags."""

from __future__ import annotations

import re

from setterbase.prover.model import Catalog, Column, Relation
from setterbase.prover.refs import snake
from setterbase.prover.texts import Evidence

ROLE = re.compile(
    r"^((\w+_)?(roles?|permissions?|privileges?|access_level)|role_(name|type|level|key|slug)|"
    r"user_type|account_type|(super_?)?admin|is_\w*admin|"
    r"is_(owner|staff|super_?user|moderator|manager|operator)|"
    r"fonction|droits?|niveau_acces|est_(\w*admin\w*|gerante?|proprietaire|responsable|chef)|"
    r"can_\w+|peut_\w+)$"
)
_RANK = re.compile(
    r"^(super_?|platform_?|org_?|team_?)?(owner|admin|administrator|manager|moderator|proprietaire|"
    r"administrateur|gerant|directeur|responsable|superviseur)$"
)
_TOP = (
    *("owner", "admin", "administrator", "manager", "proprietaire", "gerant", "directeur"),
    *("responsable", "editor", "coach", "lead"),
)
_LOW = (
    *("viewer", "member", "user", "guest", "reader", "client", "student", "setter", "agent"),
    *("membre", "lecteur", "invite", "vendeur", "employe", "salarie"),
)
_PLATFORM = re.compile(r"super|platform|system|root|global|service|god")
_ON = re.compile(
    r"^(active|accepted|approved|confirmed|enabled|joined|member|verified|live|valid)$"
)
_OFF = re.compile(
    r"^(disabled|inactive|suspended|removed|revoked|blocked|banned|deactivated|left|"
    r"deleted|expired|rejected|declined|archived|former|terminated)$"
)
_WAITING = re.compile(r"^(pending|invited|requested|waiting|new)$")
STATE = re.compile(r"^(status|state|member_status|membership_status)$")
GOOD_FLAG = re.compile(r"^(is_)?(active|enabled|approved|confirmed|accepted|verified|current)$")
BAD_FLAG = re.compile(
    r"^(is_)?(disabled|deleted|banned|blocked|suspended|revoked|removed|archived|"
    r"inactive|deactivated|locked)$"
)
OFF_TIME = re.compile(
    r"^(deleted|archived|revoked|removed|disabled|suspended|banned|left|ended|"
    r"cancel+ed|blocked|deactivated|terminated|voided|expired|trashed)_(at|on|date|until)$|^(valid_to|ended|revoked|deleted)$"
)
LATER = re.compile(r"expire|valid_(until|to)|^ends?_(at|on|date)$|due|until")
PUBLIC = re.compile(
    r"public|publish|visib|shared|share|listed|open|featured|everyone|anyone|global|"
    r"template|demo"
)
SECRETIVE = re.compile(r"invit|token|otp|session|reset|magic|share")


def labels(catalog: Catalog, relation: Relation, column: Column, evidence: Evidence) -> list[str]:
    """The words a column may hold: its enum, its check's list, the words it is compared with."""
    base = catalog.base_type(column.type_oid)
    if base.kind == "e":
        return list(base.labels)
    if base.category != "S":
        return []
    found: list[str] = []
    texts = [c.definition for c in relation.checks if column.name in c.columns]
    texts += list(catalog.types[column.type_oid].checks)
    for text in texts:
        if "~" not in text:
            found += re.findall(r"'([^']*)'", text)
    if not found:
        name = re.escape(column.name.lower())
        near = re.compile(
            rf"\b{name}\b[)\s]*(?:::\w+\s*)?(?:=|<>|!=|not in|in)\s*"
            r"((?:any\b|all\b|array\b|[(\[,\s]|::\w+(?:\[\])?|'[\w-]+')+)"
        )
        for match in near.finditer(evidence.text):
            found += re.findall(r"'([\w-]+)'", match.group(1))
    return list(dict.fromkeys(found))


def is_role(catalog: Catalog, relation: Relation, column: Column, evidence: Evidence) -> bool:
    """Whether the column of a person's row says what they may: by its name, or by its words."""
    if ROLE.match(snake(column.name)):
        return True
    return any(is_rank(o) for o in labels(catalog, relation, column, evidence))


def is_rank(word: str) -> bool:
    """Whether a role administers others."""
    return bool(_RANK.match(word.lower()))


def of_tenant(options: list[str]) -> list[str]:
    """The roles that a tenant's own people may have, those of the platform left out."""
    return [o for o in options if not _PLATFORM.search(o.lower())]


def top(options: list[str]) -> str | None:
    """The highest role of a tenant, never one of the platform's."""
    kept = of_tenant(options)
    for wanted in _TOP:
        for option in kept:
            if wanted in option.lower():
                return option
    return kept[0] if kept else None


def low(options: list[str]) -> str | None:
    kept = of_tenant(options)
    for wanted in _LOW:
        for option in kept:
            if wanted in option.lower():
                return option
    return next((o for o in reversed(kept) if not is_rank(o)), kept[-1] if kept else None)


def chief(options: list[str]) -> str | None:
    """The role of the platform itself."""
    for option in options:
        if _PLATFORM.search(option.lower()):
            return option
    return next((o for o in options if "admin" in o.lower()), None)


def on(options: list[str]) -> str | None:
    return next((o for o in options if _ON.match(o.lower())), None)


def off(options: list[str]) -> str | None:
    return next((o for o in options if _OFF.match(o.lower())), None) or next(
        (o for o in options if _WAITING.match(o.lower())), None
    )
