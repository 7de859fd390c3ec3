"""Split a migration into statements exactly as the official Supabase CLI (3.1.0) splits it.

Both tools record the statements in `supabase_migrations.schema_migrations`, and a file counts as
changed when its statements differ from the record. So this follows that CLI's habits, also where
PostgreSQL's own lexer would judge otherwise:

- a semicolon inside parentheses separates nothing, but the first `)` closes *all* open ones;
- `begin atomic` opens a function body that only an `end` at the start of a statement closes;
- a backslash outside a literal hides the next character;
- a comment before a statement belongs to it, and a comment after the last one is a statement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SPACE = " \t\n\r\f\v"

# What JavaScript's trim() removes; Python's strip() differs at both ends of the list.
_TRIMMED = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)

_WORD = r"[A-Za-z0-9_$\u0080-\U0010ffff]"
_INTERESTING = re.compile(r"[$'\"\-/\\;()]|[Aa][Tt][Oo][Mm][Ii][Cc]")
_TAG = re.compile(r"\$[A-Za-z0-9_\u0080-\U0010ffff]*\$?")
_LINE_COMMENT = re.compile(r"--[^\n\r]*[\n\r]?")
_BLOCK_DELIMITER = re.compile(r"/\*|\*/")
_END = re.compile(rf"[Ee][Nn][Dd](?!{_WORD})")
_BEGIN = re.compile(rf"(?<!{_WORD})[Bb][Ee][Gg][Ii][Nn][ \t\n\r\f\v]+\Z")
# Between two parts of one E'' literal: blanks with a newline among them, and line comments.
_CONTINUATION = re.compile(r"(?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*")


@dataclass(frozen=True)
class Statement:
    """One statement as it is sent and recorded, and where it stands in its file."""

    text: str
    start: int
    """Offset of the first character of `text` in the file, in characters."""

    @property
    def code_start(self) -> int:
        """Offset in the file of the first word, behind leading blanks and comments."""
        return self.start + skip_blank(self.text, 0)

    @property
    def code(self) -> str:
        """The statement without leading blanks and comments; empty if it is nothing but those."""
        return self.text[skip_blank(self.text, 0) :]


def split(sql: str) -> list[Statement]:
    """The statements of `sql` in order, without their semicolons, blanks around them trimmed."""
    statements: list[Statement] = []
    start = 0
    while start < len(sql):
        end = _Scanner(sql, start).scan()
        raw = sql[start:end].rstrip(";")
        text = raw.strip(_TRIMMED)
        if text:
            lead = len(raw) - len(raw.lstrip(_TRIMMED))
            statements.append(Statement(text, start + lead))
        start = end
    return statements


def skip_blank(sql: str, position: int) -> int:
    """The first position at or after `position` that is neither blank nor inside a comment."""
    while position < len(sql):
        if sql[position] in _SPACE:
            position += 1
        elif sql.startswith("--", position):
            position = _line_comment(sql, position)
        elif sql.startswith("/*", position):
            position = _block_comment(sql, position)
        else:
            break
    return position


@dataclass
class _Scanner:
    """Walks one statement, from `start` to behind its semicolon or to the end of the text."""

    sql: str
    start: int
    open: list[str] = field(default_factory=list)
    """What encloses the current position, outermost first: `(` or `atomic`."""

    def scan(self) -> int:
        """The position behind the statement's semicolon, or the end of the text."""
        position = self.start
        while found := _INTERESTING.search(self.sql, position):
            here = found.start()
            match found.group():
                case ";":
                    position = here + 1
                    if not self.open:
                        return position
                    if self.open[-1] == "atomic":
                        position = self._leave_atomic(position)
                case "(":
                    self.open.append("(")
                    position = here + 1
                case ")":
                    self._close_parentheses()
                    position = here + 1
                case "\\":
                    if self.sql.startswith(")", here + 1):
                        self._close_parentheses()
                    position = here + 2
                case "'" | '"':
                    position = self._literal(here)
                case "$":
                    position = self._dollar(here)
                case "-":
                    comment = self.sql.startswith("--", here)
                    position = _line_comment(self.sql, here) if comment else here + 1
                case "/":
                    comment = self.sql.startswith("/*", here)
                    position = _block_comment(self.sql, here) if comment else here + 1
                case _:
                    position = self._atomic(here, found.end())
        return len(self.sql)

    def _close_parentheses(self) -> None:
        while self.open and self.open[-1] == "(":
            self.open.pop()

    def _literal(self, opening: int) -> int:
        quote = self.sql[opening]
        if quote == "'" and self._is_escape_string(opening):
            return self._escape_string(opening)
        position = opening + 1
        while (closing := self.sql.find(quote, position)) >= 0:
            if not self.sql.startswith(quote, closing + 1):
                return closing + 1
            position = closing + 2
        return len(self.sql)

    def _is_escape_string(self, opening: int) -> bool:
        letter = opening - 1
        return (
            letter >= self.start
            and self.sql[letter] in "eE"
            and not (letter > self.start and _is_word(self.sql[letter - 1]))
        )

    def _escape_string(self, opening: int) -> int:
        position = opening + 1
        while position < len(self.sql):
            if self.sql[position] == "\\" or self.sql.startswith("''", position):
                position += 2
            elif self.sql[position] == "'":
                gap = _CONTINUATION.match(self.sql, position + 1)
                if gap and self.sql.startswith("'", gap.end()) and re.search(r"[\n\r]", gap[0]):
                    return self._escape_string(gap.end())
                return position + 1
            else:
                position += 1
        return len(self.sql)

    def _dollar(self, opening: int) -> int:
        if opening > self.start and _is_word(self.sql[opening - 1]):
            return opening + 1
        found = _TAG.match(self.sql, opening)
        if found is None or len(found[0]) < 2 or not found[0].endswith("$"):
            return opening + (len(found[0]) if found else 1)
        # One character on, not behind the tag: the closing tag may share its first dollar.
        closing = self.sql.find(found[0], opening + 1)
        return len(self.sql) if closing < 0 else closing + len(found[0])

    def _atomic(self, opening: int, behind: int) -> int:
        if _BEGIN.search(self.sql[self.start : opening]):
            self.open.append("atomic")
            return self._leave_atomic(behind)
        return behind

    def _leave_atomic(self, position: int) -> int:
        """At the start of a statement of a body: behind `end` if it stands there, else in place."""
        word = skip_blank(self.sql, position)
        if _is_word(self.sql[word - 1]) or not _END.match(self.sql, word):
            return position
        self.open.pop()
        return word + len("end")


def _line_comment(sql: str, opening: int) -> int:
    found = _LINE_COMMENT.match(sql, opening)
    return found.end() if found else opening


def _block_comment(sql: str, opening: int) -> int:
    depth = 0
    for delimiter in _BLOCK_DELIMITER.finditer(sql, opening):
        depth += 1 if delimiter.group() == "/*" else -1
        if depth == 0:
            return delimiter.end()
    return len(sql)


def _is_word(character: str) -> bool:
    return character >= "\u0080" or character.isalnum() or character in "_$"
