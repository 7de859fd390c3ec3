"""The one family of errors that a user can cause or mend.

Each says what failed, why, and what to do next; `main.run` prints it as one line and exits with
its `exit_code`. Anything else that escapes is a bug and keeps its traceback.
"""

from __future__ import annotations


class SetterbaseError(Exception):
    """What failed and why, plus `hint`: what to do next."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class UsageError(SetterbaseError):
    """The words of the command are off: an unknown coach, a malformed date, a missing file."""

    exit_code = 2


class MigrationError(SetterbaseError):
    """A migration file failed, or the history and the files disagree."""

    exit_code = 1


class DriftError(SetterbaseError):
    """The database's history and `supabase/migrations/` tell different stories."""

    exit_code = 3


class DeadLettersError(SetterbaseError):
    """`--strict` was asked for and some events could not be applied."""

    exit_code = 4


class PartialError(SetterbaseError):
    """Some of many could not be taken; the others were."""

    exit_code = 4


class PlatformError(SetterbaseError):
    """The embedded platform cannot start, stop or be found."""

    exit_code = 5


class TargetError(SetterbaseError):
    """The database cannot be reached, or it is not a Setterbase database yet."""

    exit_code = 6


class OutputError(SetterbaseError):
    """The result cannot be written: a full disk, a closed stream."""

    exit_code = 7


class ReaderGoneError(SetterbaseError):
    """Whoever read the result has seen enough: the end of `cat`, too, without a word."""

    exit_code = 128 + 13  # what a shell shows for SIGPIPE

    def __init__(self) -> None:
        super().__init__("")
