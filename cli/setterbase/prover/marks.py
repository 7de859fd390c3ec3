"""The marks that the prover's own rows carry, so that their data is known wherever it turns up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass
class Marks:
    """One side's supply of unique values; all of them are recognized by `pattern`."""

    side: str  # a, b, c (common)
    count: int = 0
    extra: set[str] = field(default_factory=set)  # ids that the database itself made

    @property
    def number_base(self) -> int:
        return 1_900_000_000 + (ord(self.side) - ord("a") + 1) * 1_000_000

    def step(self) -> int:
        self.count += 1
        return self.count

    def text(self, limit: int | None = None) -> str:
        n = self.step()
        word = f"zq{self.side}7k{n:03d}"
        if limit is None or limit >= len(word):
            return word
        letters = ""
        rest = n * 3 + (ord(self.side) - ord("a"))
        while len(letters) < limit:
            letters = _LETTERS[rest % 26] + letters
            rest //= 26
        return letters

    def uuid(self) -> str:
        n = self.step()
        return f"{self.side}5e77e1{self.side}-0000-4000-8000-{n:012d}"

    def number(self, kind: str) -> int:
        n = self.step()
        if kind == "int2":
            return 30_000 + (ord(self.side) - ord("a")) * 700 + n % 700
        return self.number_base + n

    @property
    def pattern(self) -> str:
        """A regular expression, in PostgreSQL's and in Python's dialect, for this side's marks."""
        number = f"{self.number_base // 1_000_000}[0-9]{{6}}"
        own = f"zq{self.side}7k[0-9]{{3}}|{self.side}5e77e1{self.side}-0000-4000-8000-[0-9]{{12}}"
        extra = "".join(f"|{re.escape(e)}" for e in sorted(self.extra))
        phone = f"336{ord(self.side) % 10}[0-9]{{7}}"
        return f"{own}|{number}|{phone}{extra}"

    def found_in(self, text: str) -> set[str]:
        return set(re.findall(self.pattern, text))
