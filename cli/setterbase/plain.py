"""Text for a stream that cannot show it: the nearest ASCII, a character for a character.

One for one, so that columns stay where they were. Currencies are the exception: `E12` would be a
wrong sum where `EUR 12` is a crooked line.
"""

from __future__ import annotations

import codecs
import os
import unicodedata
from collections.abc import Mapping
from typing import Final

ERRORS: Final = "setterbase.plain"
"""The name of the error handler, for `TextIOWrapper.reconfigure(errors=…)`."""

_NEAREST: Final = {
    **dict.fromkeys("█━═", "="), **dict.fromkeys("░·•", "."), "▲": "^", "●": "o", "▼": "v",
    "≈": "~", "─": "-", "—": "-", "–": "-", "−": "-", "│": "|", "…": ".", "’": "'", "‘": "'",
    "«": '"', "»": '"', "“": '"', "”": '"', "→": ">", "×": "x", "✓": "+", "✗": "x",
    "€": "EUR ", "£": "GBP ", "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o",
    "Ø": "O", "ł": "l", "Ł": "L",
}  # fmt: skip


def register() -> None:
    """Make the error handler known to Python's codecs."""
    codecs.register_error(ERRORS, _replace)


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether somebody chose the C locale: Python writes UTF-8 under it, other programs ASCII.

    Without any locale (a bare container) nothing was chosen, and terminals read UTF-8 by now.
    """
    chosen = (environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    return next((value for value in chosen if value), "") in ("C", "POSIX")


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(map(_nearest, text)), error.end


def _nearest(character: str) -> str:
    if found := _NEAREST.get(character):
        return found
    # An accented letter is a letter and its accent; a narrow or unbreakable blank is a blank.
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base.isascii() else "?"
