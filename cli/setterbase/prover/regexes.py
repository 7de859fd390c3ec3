"""Makes a string that matches a regular expression, for checks written with `~`."""

from __future__ import annotations

import re
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_PREFER = "k7aZ0-_ .@x"


def sample(pattern: str, seed: str = "", *, size: int = 1) -> str | None:
    """A string that `pattern` matches, `size` repetitions where it may choose, or None.

    Letters and digits are taken from `seed` where the pattern allows, so that samples differ.
    """
    try:
        tree = parser.parse(_python_dialect(pattern))
        made = "".join(_node(code, value, list(seed), size) for code, value in tree)
        return made if re.search(_python_dialect(pattern), made) else None
    except (re.error, ValueError, OverflowError, NotImplementedError, RecursionError):
        return None


def _python_dialect(pattern: str) -> str:
    for name, members in {
        "[:alpha:]": "a-zA-Z",
        "[:digit:]": "0-9",
        "[:alnum:]": "a-zA-Z0-9",
        "[:space:]": r"\s",
        "[:upper:]": "A-Z",
        "[:lower:]": "a-z",
        "[:xdigit:]": "0-9a-fA-F",
        "[:punct:]": "!-/",
    }.items():
        pattern = pattern.replace(name, members)
    return pattern.replace(r"\m", r"\b").replace(r"\M", r"\b").replace(r"\y", r"\b")


def _node(code: Any, value: Any, seed: list[str], size: int) -> str:
    if code is codes.LITERAL:
        return chr(value)
    if code is codes.AT or code in (codes.ASSERT, codes.ASSERT_NOT):
        return ""
    if code is codes.ANY:
        return _take(seed, lambda _: True)
    if code is codes.NOT_LITERAL:
        return _take(seed, lambda c: ord(c) != value)
    if code is codes.IN:
        return _take(seed, lambda c: _in_set(value, c))
    if code is codes.BRANCH:
        return _all(value[1][0], seed, size)
    if code is codes.SUBPATTERN:
        return _all(value[3], seed, size)
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
        low, high, body = value
        top = int(high) if high is not codes.MAXREPEAT else low + 40
        count = max(low, min(top, size if low or top > 1 else 0))
        return "".join(_all(body, seed, size) for _ in range(count))
    raise NotImplementedError(str(code))


def _all(body: Any, seed: list[str], size: int) -> str:
    return "".join(_node(code, value, seed, size) for code, value in body)


def _take(seed: list[str], allowed: Any) -> str:
    while seed:
        letter = seed.pop(0)
        for form in (letter, letter.upper(), letter.lower()):
            if allowed(form):
                return str(form)
    for letter in _PREFER:
        if allowed(letter):
            return letter
    for number in range(33, 127):
        if allowed(chr(number)):
            return chr(number)
    raise NotImplementedError("an empty class")


def _in_set(items: Any, letter: str) -> bool:
    negated = bool(items) and items[0][0] is codes.NEGATE
    hit = False
    for code, value in items:
        if code is codes.LITERAL:
            hit |= ord(letter) == value
        elif code is codes.RANGE:
            hit |= value[0] <= ord(letter) <= value[1]
        elif code is codes.CATEGORY:
            hit |= _in_category(value, letter)
    return hit != negated


def _in_category(value: Any, letter: str) -> bool:
    if value is codes.CATEGORY_DIGIT:
        return letter.isdigit()
    if value is codes.CATEGORY_WORD:
        return letter.isalnum() or letter == "_"
    if value is codes.CATEGORY_SPACE:
        return letter.isspace()
    if value is codes.CATEGORY_NOT_SPACE:
        return not letter.isspace()
    if value is codes.CATEGORY_NOT_DIGIT:
        return not letter.isdigit()
    return not (letter.isalnum() or letter == "_")
