"""What an owner said to be public by the way they wrote the rule."""

from __future__ import annotations

import re

from setterbase.prover.model import Policy, Relation

SAYS = "its rule says so:"
_SAYS_PUBLIC = re.compile(
    r"\b(public(ly)?|everyone|everybody|anyone|anybody|all visitors|tout le monde|publi(c|que)s?)\b"
)
_PRIVATE = re.compile(
    r"e?_?mail|phone|mobile|whats_?app|address|adresse|street|iban|\bbic\b|ssn|birth|naissance|\bdob\b|"
    r"salar|wage|balance|amount|montant|revenue|card|stripe|payment|secret|token|key_hash|api_key|"
    r"password|passport|licen[cs]e_n|tax_|health|medical|diagnos|income|\bip(_address)?\b|private|"
    r"internal|confiden"
)


def public_rule(relation: Relation) -> Policy | None:
    """The rule that opens the rows to everyone, signed in or not, and says so in its name.

    None as well where a column looks private: a name may be a slip, and who wrote «public» may not
    have thought of the phone number.
    """
    if any(_PRIVATE.search(n.lower()) for n in relation.columns):
        return None
    for policy in relation.policies:
        if not policy.permissive or policy.command not in ("select", "all"):
            continue
        if policy.roles and not {"anon", "public"} & set(policy.roles):
            continue
        named = policy.name.lower().replace("_", " ")
        if _SAYS_PUBLIC.search(named) and not _asks_caller(policy.using_expr or ""):
            return policy
    return None


def _asks_caller(expression: str) -> bool:
    """Whether the condition depends on who asks, or on anything but the row itself."""
    return bool(re.search(r"\w\(|\bselect\b|\bcurrent_|\bsession_user\b", expression, re.I))
