"""Finds values that satisfy checks: candidates from the check's own text, tried in SQL."""

from __future__ import annotations

import itertools
import json
import re
from typing import TYPE_CHECKING, Any

from setterbase.prover import regexes, rows, values
from setterbase.prover.marks import Marks
from setterbase.prover.model import Catalog, Column, Relation

if TYPE_CHECKING:
    import psycopg

Values = dict[str, str | None]
_STRING = re.compile(r"(?:E)?'((?:[^']|'')*)'(?:::[a-z ]+)?")
_NUMBER = re.compile(r"(?<![\w'.])-?\d+(?:\.\d+)?(?![\w'])")
_PATTERN = re.compile(r"(?<![!~])(~\*?)\s*\(?\s*'((?:[^']|'')*)'")
_MOMENTS = ("2026-10-01", "2026-10-02", "2026-11-15", "2020-01-01", "2031-01-01", "1990-05-05")
_LIMIT = 400


def expression(definition: str) -> str:
    """The condition inside `CHECK (…) [NOT VALID | NO INHERIT]`."""
    start, depth = definition.index("("), 0
    for place in range(start, len(definition)):
        depth += {"(": 1, ")": -1}.get(definition[place], 0)
        if depth == 0:
            return definition[start : place + 1]
    return definition[start:]


def candidates(
    catalog: Catalog, column: Column, text: str, marks: Marks, current: str | None
) -> list[str | None]:
    """Values worth trying for a column that a check speaks of, the likeliest first."""
    base = catalog.base_type(column.type_oid)
    found: list[str | None] = [current]
    strings = [s.replace("''", "'") for s in _STRING.findall(text)]
    numbers = [float(n) for n in _NUMBER.findall(text)]
    limit = column.typmod - 4 if column.typmod > 4 else 10_000
    if base.category == "S":
        for operator, raw in _PATTERN.findall(text):
            pattern = raw.replace("''", "'")
            pattern = f"(?i:{pattern})" if operator == "~*" else pattern
            for size in (1, 3, 8, 2, 5, 12):
                found += [regexes.sample(pattern, marks.text()[2:], size=size)]
        for number in numbers:
            if 0 < number <= 500:
                found += [(marks.text() + "x" * 600)[: int(number) + more] for more in (0, 1, -1)]
        found += strings
        for form in (str.upper, str.lower) if re.search(r"\b(upper|lower|initcap)\(", text) else ():
            found += [form(f) for f in list(found) if f]
        found += [marks.text(), marks.text().upper(), "k7", "K", "{}"]
        found = [f if f is None or len(f) <= limit else None for f in found]
    elif base.category == "N":
        around = [n + more for n in numbers for more in (0, 1, -1, 0.5)]
        found += [_number(n, base.name) for n in [*around, 0, 1, 2, 3, 5, 10, 50, 100, 1000, -1]]
    elif base.category == "D":
        found += [s for s in strings if re.match(r"\d{4}-|\d\d:", s)]
        moments = ("00:00", "08:00", "12:00", "18:00", "23:00") if base.name == "time" else _MOMENTS
        found += list(moments)
    elif base.category == "B":
        found += ["true", "false"]
    elif base.kind == "e":
        found += list(base.labels)
    elif base.category == "A":
        found += ["{}"] + ["{" + s + "}" for s in strings if re.fullmatch(r"\w+", s)]
    elif base.name in ("json", "jsonb"):
        found += ["{}", "[]", '"k7"', "1", "[1]"]
        keys = {s: marks.text() for s in strings}
        found.append(json.dumps(keys))
    elif base.category == "T":
        found += ["1 day", "2 hours", "1 minute"]
    if not column.not_null:
        found.append(None)
    seen: list[str | None] = []
    for value in found:
        if value not in seen and (value is not None or not column.not_null):
            seen.append(value)
    return seen


def _number(value: float, kind: str) -> str | None:
    if kind in ("int2", "int4", "int8"):
        return str(int(value)) if value == int(value) else None
    return f"{value:g}"


def solve(
    connection: psycopg.Connection[Any],
    catalog: Catalog,
    relation: Relation,
    row: Values,
    fixed: frozenset[str],
    marks: Marks,
) -> bool:
    """Changes `row` in place until every check holds; False when some check resists."""
    ok = True
    for _ in range(3):
        broken = [c for c in relation.checks if not _holds(connection, relation, c.definition, row)]
        if not broken:
            return True
        for check in broken:
            together = [
                c.definition for c in relation.checks if set(c.columns) & set(check.columns)
            ]
            ok = any(
                _repair(connection, catalog, relation, check.columns, together, row, kept, marks)
                for kept in ((fixed, True), (fixed, False))
            )
    return ok and all(_holds(connection, relation, c.definition, row) for c in relation.checks)


def _repair(
    connection: psycopg.Connection[Any],
    catalog: Catalog,
    relation: Relation,
    columns: tuple[str, ...],
    definitions: list[str],
    row: Values,
    kept: tuple[frozenset[str], bool],
    marks: Marks,
) -> bool:
    """Tries values together; `kept` are the columns that stay, and whether not even as null."""
    fixed, wholly = kept
    text = "\n".join(definitions)
    names = [n for n in columns if not relation.columns[n].generated]
    supply: list[list[str | None]] = []
    for name in names:
        column = relation.columns[name]
        if name in fixed:
            options: list[str | None] = [row.get(name)]
            if not wholly and not column.not_null and row.get(name) is not None:
                options.append(None)
        else:
            options = candidates(catalog, column, text, marks, row.get(name))
        supply.append(options)
    if not supply:
        return False
    while _product(supply) > _LIMIT:
        longest = max(supply, key=len)
        left = max(2, len(longest) * 2 // 3)
        if longest[-1] is None:  # that there may be none is worth more than one value more
            del longest[left - 1 : -1]
        else:
            del longest[left:]
        if all(len(s) <= 2 for s in supply):
            break
    tried = itertools.islice(itertools.product(*supply), _LIMIT)
    for choice in tried:
        attempt = {**row, **dict(zip(names, choice, strict=True))}
        if all(_holds(connection, relation, d, attempt) for d in definitions):
            row.update(attempt)
            return True
    return False


def _product(supply: list[list[str | None]]) -> int:
    size = 1
    for options in supply:
        size *= max(1, len(options))
    return size


def _holds(
    connection: psycopg.Connection[Any], relation: Relation, definition: str, row: Values
) -> bool:
    """Whether a check is true or null for the row; a value that its type rejects is false."""
    from psycopg import Error, sql

    used = [c for c in relation.columns.values() if not c.generated]
    inner = sql.SQL(", ").join(
        sql.SQL("({})::{} as {}").format(
            _said(c, row), rows.as_written(c.type), sql.Identifier(c.name)
        )
        for c in used
        if c.name in definition
    )
    if not inner.as_string().strip():
        return True
    statement = sql.SQL("select ({}) is not false from (select {}) as {}").format(
        rows.as_written(expression(definition)), inner, sql.Identifier(relation.name)
    )
    try:
        with connection.transaction():
            found = connection.execute(statement).fetchone()
    except Error:
        return False
    return bool(found and found[0])


def _said(column: Column, row: Values) -> Any:
    """What the row says of a column, or what the database says where the row is silent."""
    from psycopg import sql

    silent = column.name not in row and column.default_expr is not None
    if silent and "nextval" not in (column.default_expr or ""):
        return rows.as_written(column.default_expr or "null")
    return sql.Literal(row.get(column.name))


def domain_value(
    connection: psycopg.Connection[Any], catalog: Catalog, column: Column, marks: Marks
) -> str | None:
    """A value that the column's domain accepts, tried from its checks' own text."""
    from psycopg import Error, sql

    kind = catalog.types[column.type_oid]
    text = "\n".join(kind.checks)
    first = values.of_column(catalog, column, marks)
    for value in candidates(catalog, column, text, marks, first):
        if value is None:
            continue
        try:
            with connection.transaction():
                connection.execute(
                    sql.SQL("select {}::{}").format(
                        sql.Literal(value), rows.as_written(column.type)
                    )
                )
        except Error:
            continue
        return value
    return None
