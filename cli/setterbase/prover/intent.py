"""What an owner opened to all, and said to be public by the way they wrote the rule."""

from __future__ import annotations

import re

from setterbase.prover.model import Policy, Relation

SAYS = "its rule says so:"
_SAYS_PUBLIC = re.compile(
    r"\b(public(ly)?|everyone|everybody|anyone|anybody|all visitors|tout le monde|publi(c|que)s?)\b"
)
_STATE = re.compile(r"\(*\w+\)*( = (true|'\w+'(::[\w.\"]+)?))?\)*", re.I)
_PLAIN = re.compile(r"\b(char_length|length|trim|btrim|lower|upper|coalesce|nullif|exists|now)\(")
_PRIVATE = re.compile(
    r"e?_?mail|phone|mobile|whats_?app|address|adresse|street|iban|\bbic\b|ssn|birth|naissance|\bdob\b|"
    r"salar|wage|balance|amount|montant|revenue|card|stripe|payment|secret|token|key_hash|api_key|"
    r"password|passport|licen[cs]e_n|tax_|health|medical|diagnos|income|\bip(_address)?\b|private|"
    r"internal|confiden"
)


def is_constant_true(relation: Relation, command: str, role: str = "authenticated") -> bool:
    """Whether a permissive policy lets `role` do `command` on every row without any condition."""
    for policy in relation.policies:
        if not policy.permissive or policy.command not in (command, "all"):
            continue
        if policy.roles and role not in policy.roles and "public" not in policy.roles:
            continue
        expression = policy.check_expr if command == "insert" else policy.using_expr
        if (expression or policy.using_expr or "").strip("() ").lower() == "true":
            return True
    return False


def public_rule(relation: Relation) -> Policy | None:
    """The rule that opens every row to everyone, signed in or not, and says so in its name."""
    for policy, _ in public_parts(relation):
        if _SAYS_PUBLIC.search(policy.name.lower().replace("_", " ")) and not _asks_caller(
            policy.using_expr or ""
        ):
            return policy
    return None


def inbox(relation: Relation, role: str, *, of_a_person: bool) -> Policy | None:
    """The rule that lets everyone write here, signed in or not, and was meant to.

    Meant: its name says so, or it is for anon by name and only looks whether the form is filled in.
    A form goes to a house: what is written to `of_a_person` is not one, and nor are payments.
    """
    for policy in relation.policies:
        if not policy.permissive or policy.command != "insert":
            continue
        named = _SAYS_PUBLIC.search(policy.name.lower().replace("_", " "))
        to_all = not policy.roles or bool({"anon", "public"} & set(policy.roles))
        wide = (policy.check_expr or "").strip("() ").lower()
        if named and to_all and wide == "true":
            return policy
        if of_a_person or looks_private(relation):
            continue
        if {"anon", role} <= set(policy.roles) and wide != "true" and _is_form(wide):
            return policy
    return None


def _is_form(condition: str) -> bool:
    """Whether a rule for what is written looks at words, lengths and parents, and at no caller."""
    return bool(condition) and not _asks_caller(_PLAIN.sub(" (", condition), but_of_rows=True)


def public_parts(relation: Relation) -> list[tuple[Policy, str]]:
    """The conditions under which rules open rows to everyone, signed in or not, on purpose.

    On purpose: the rule's name says so, or the condition is a state of the row (`status =
    'active'`), which a bare `true` is not. Nothing where a column looks private: who opened the
    rows may not have thought of the phone number.
    """
    if looks_private(relation):
        return []
    found: list[tuple[Policy, str]] = []
    for policy in relation.policies:
        if not policy.permissive or policy.command not in ("select", "all"):
            continue
        if policy.roles and not {"anon", "public"} & set(policy.roles):
            continue
        named = bool(_SAYS_PUBLIC.search(policy.name.lower().replace("_", " ")))
        found += [
            (policy, part)
            for part in _alternatives(policy.using_expr or "true")
            if (named and not _asks_caller(part, but_of_rows=True))
            or (_is_state(part.strip()) and not _asks_caller(part))
        ]
    return found


def looks_private(relation: Relation) -> bool:
    """Whether a column's name says that nobody would publish it."""
    return any(_PRIVATE.search(n.lower()) for n in relation.columns)


def shows_state(policy: Policy) -> bool:
    """Whether the rule shows rows for their state alone, whoever asks; or lets nobody in."""
    expression = (policy.using_expr or policy.check_expr or "").strip("() ").lower()
    if expression == "false":
        return True
    open_to_all = expression == "true" and not _SAYS_PUBLIC.search(
        policy.name.lower().replace("_", " ")
    )
    return policy.command == "select" and not open_to_all and not _asks_caller(expression)


def listed_columns(relation: Relation, role: str) -> bool:
    """Whether a grant lists some columns to read, all of them harmless, and no other."""
    wanted = f"{role}:select"
    shown = [c.name for c in relation.columns.values() if wanted in c.listed]
    if wanted in relation.grants or not shown or len(shown) == len(relation.columns):
        return False
    return not any(_PRIVATE.search(n.lower()) for n in shown)


def _is_state(part: str) -> bool:
    return _STATE.fullmatch(part) is not None and part.lower() != "true"


def _alternatives(expression: str) -> list[str]:
    """What a condition's outermost `or` joins."""
    text = expression.strip()
    while text.startswith("(") and _closes(text) == len(text) - 1:
        text = text[1:-1].strip()
    parts, depth, start, quoted = [], 0, 0, False
    for place, letter in enumerate(text):
        quoted ^= letter == "'"
        depth += 0 if quoted else {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0 and not quoted and text[place : place + 4].upper() == " OR ":
            parts.append(text[start:place])
            start = place + 4
    return [*parts, text[start:]]


def _closes(text: str) -> int:
    """Where the parenthesis closes that opens the text."""
    depth, quoted = 0, False
    for place, letter in enumerate(text):
        quoted ^= letter == "'"
        depth += 0 if quoted else {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            return place
    return -1


def _asks_caller(expression: str, *, but_of_rows: bool = False) -> bool:
    """Whether the condition depends on who asks, or on anything but the row itself.

    With `but_of_rows` it may ask for other rows: a car is shown when its driver is.
    """
    beyond = r"\w\(|\bcurrent_|\bsession_user\b" + ("" if but_of_rows else r"|\bselect\b")
    return bool(re.search(beyond, expression, re.I))
