"""Makes a value for a column from its type and name, in PostgreSQL's text form."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from setterbase.prover.marks import Marks
from setterbase.prover.model import Catalog, Column, Type

_HINTS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r"e?_?mail"), "{w}@example.com"),
    (
        re.compile(r"url|website|link|href|avatar|image|photo|logo|webhook"),
        "https://example.com/{w}",
    ),
    (re.compile(r"phone|mobile|whatsapp"), "+336{d}"),
    (re.compile(r"time_?zone|^tz$"), "Europe/Paris"),
    (re.compile(r"currency"), "EUR"),
    (re.compile(r"country"), "FR"),
    (re.compile(r"locale|^lang(uage)?$"), "fr"),
    (re.compile(r"colou?r"), "#aabbcc"),
]
_OFF_BY_NAME = re.compile(
    r"^(is_)?(public|published|shared|visible|listed|private|deleted|archived|"
    r"disabled|banned|blocked|suspended|revoked|hidden|draft|admin|super\w*)"
)


def of_column(catalog: Catalog, column: Column, marks: Marks) -> str | None:
    """A fresh value for the column; None when the type is one that we cannot make."""
    return of_type(catalog, catalog.types[column.type_oid], column.typmod, marks, column.name)


def of_type(catalog: Catalog, kind: Type, typmod: int, marks: Marks, name: str = "") -> str | None:
    if kind.kind == "d":
        base = catalog.types[kind.base or 0]
        made = of_type(catalog, base, kind.base_typmod, marks, name or kind.name)
        return made
    if kind.kind == "e":
        return kind.labels[0] if kind.labels else None
    if kind.category == "A" and kind.element:
        inner = of_type(catalog, catalog.types[kind.element], typmod, marks, name)
        return None if inner is None else "{" + json.dumps(inner) + "}"
    if kind.kind == "c" and kind.relation in catalog.relations:
        fields = catalog.relations[kind.relation].columns.values()
        parts = [
            of_type(catalog, catalog.types[f.type_oid], f.typmod, marks, f.name) for f in fields
        ]
        return "(" + ",".join("" if p is None else json.dumps(p) for p in parts) + ")"
    if kind.kind == "m":
        return "{}"
    if kind.kind == "r":
        return _range(catalog.types[kind.subtype or 0].name, marks)
    return _scalar(kind.name, typmod, marks, name.lower())


def _range(subtype: str, marks: Marks) -> str:
    n = marks.step() * 10 + (0 if marks.side == "a" else 5000)
    if subtype in ("timestamptz", "timestamp"):
        return (
            f"[2031-01-01 00:00:{n % 60:02d}+00,2031-01-01 01:00:00+00)"
            if n < 0
            else (f"[{_day(n)} 10:00+00,{_day(n)} 11:00+00)")
        )
    if subtype == "date":
        return f"[{_day(n)},{_day(n + 2)})"
    return f"[{n},{n + 3})"


def _day(n: int) -> str:
    from datetime import date, timedelta

    return (date(2031, 1, 1) + timedelta(days=n)).isoformat()


def _text(marks: Marks, limit: int | None, name: str) -> str:
    if limit is None or limit >= 8:
        word = marks.text()
        for pattern, form in _HINTS:
            if pattern.search(name):
                made = form.format(w=word, d=f"{ord(marks.side) % 10}{marks.count:07d}")
                return made if limit is None or len(made) <= limit else word[:limit]
        return word
    for pattern, form in _HINTS[3:]:
        if pattern.search(name) and len(form) <= limit:
            return form
    return marks.text(limit)


def _scalar(kind: str, typmod: int, marks: Marks, name: str) -> str | None:
    limit = typmod - 4 if typmod > 4 and kind in ("varchar", "bpchar") else None
    if kind == "bpchar" and limit is None:
        limit = 1
    if kind in ("text", "varchar", "bpchar", "citext", "name"):
        return _text(marks, limit, name)
    if kind == "char":
        return "k"
    if kind in ("int2", "int4", "int8", "oid"):
        return str(3 + marks.step() % 5)
    if kind == "numeric" and typmod > 4:
        precision, scale = (typmod - 4) >> 16, (typmod - 4) & 0x7FF
        return "1" if precision - scale < 2 else str(3 + marks.step() % 5)
    if kind in ("numeric", "float4", "float8", "money"):
        return str(3 + marks.step() % 5)
    if kind == "bool":
        return "false" if _OFF_BY_NAME.match(name) else "true"
    if kind == "vector" or kind == "halfvec":
        return "[" + ",".join(["0.5"] * max(typmod, 3)) + "]"
    make = _FIXED.get(kind)
    return None if make is None else make(marks)


def key_value(catalog: Catalog, column: Column, marks: Marks) -> str | None:
    """A value for a key: marked even where it is a number, so that sequences stay untouched."""
    base = catalog.base_type(column.type_oid)
    if base.name == "uuid":
        return marks.uuid()
    if base.name in ("int2", "int4", "int8"):
        return str(marks.number(base.name))
    if base.name == "numeric":
        precision = (column.typmod - 4) >> 16 if column.typmod > 4 else 20
        return str(marks.number("int4" if precision >= 10 else "int2"))
    return of_column(catalog, column, marks)


_FIXED: dict[str, Callable[[Marks], str]] = {
    "uuid": lambda m: m.uuid(),
    "date": lambda _: "2026-10-01",
    "timestamp": lambda _: "2026-10-01 10:00:00",
    "timestamptz": lambda _: "2026-10-01 10:00:00+00",
    "time": lambda _: "10:00:00",
    "timetz": lambda _: "10:00:00+00",
    "interval": lambda _: "1 hour",
    "json": lambda m: json.dumps({"note": m.text()}),
    "jsonb": lambda m: json.dumps({"note": m.text()}),
    "bytea": lambda m: "\\x" + m.text().encode().hex(),
    "inet": lambda m: f"10.7.{ord(m.side) % 200}.{m.step() % 250}",
    "cidr": lambda m: f"10.7.{m.step() % 250}.0/24",
    "macaddr": lambda m: f"02:00:00:00:{ord(m.side) % 99:02d}:{m.step() % 99:02d}",
    "tsvector": lambda m: f"'{m.text()}'",
    "tsquery": lambda _: "'seller'",
    "xml": lambda m: f"<note>{m.text()}</note>",
    "point": lambda _: "(1,2)",
    "box": lambda _: "(2,2),(1,1)",
    "circle": lambda _: "<(1,1),1>",
    "path": lambda _: "((1,1),(2,2))",
    "polygon": lambda _: "((1,1),(2,2),(3,1))",
    "lseg": lambda _: "[(1,1),(2,2)]",
    "line": lambda _: "{1,2,3}",
    "bit": lambda _: "1",
    "varbit": lambda _: "1",
    "hstore": lambda m: f'"note"=>"{m.text()}"',
    "ltree": lambda m: m.text(),
    "pg_lsn": lambda _: "0/0",
    "jsonpath": lambda _: "$.note",
    "regclass": lambda _: "pg_class",
}
