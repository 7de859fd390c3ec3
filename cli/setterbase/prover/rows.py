"""SQL for the prover's rows: insert one, find one again, read them back as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from setterbase.prover.model import Relation
from setterbase.prover.world import Row, Values

if TYPE_CHECKING:
    from psycopg import sql


def name(relation: Relation) -> sql.Identifier:
    from psycopg import sql

    return sql.Identifier(relation.schema, relation.name)


def insert(
    relation: Relation, row: Values, *, overriding: bool = True, returning: bool = True
) -> sql.Composed:
    """`insert into …`, with every column's text form back when `returning`."""
    from psycopg import sql

    columns = [n for n in row if n in relation.columns]
    always = overriding and any(relation.columns[n].identity == "a" for n in columns)
    body = sql.SQL("insert into {} ").format(name(relation))
    if columns:
        body += sql.SQL("({}){} values ({})").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(" overriding system value" if always else ""),
            sql.SQL(", ").join(sql.Literal(row[n]) for n in columns),
        )
    else:
        body += sql.SQL("default values")
    if returning:
        body += sql.SQL(" returning ") + texts(relation.columns)
    return body


def delete(relation: Relation, key: Values) -> sql.Composed:
    """`delete from …` of the row with this key."""
    from psycopg import sql

    return sql.SQL("delete from {} where {}").format(name(relation), where(relation, key))


def texts(columns: Iterable[str]) -> sql.Composed:
    from psycopg import sql

    return sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(n)) for n in columns)


def where(relation: Relation, key: Values) -> sql.Composed:
    """The condition that finds a row by its key, or by all its columns when it has none."""
    from psycopg import sql

    parts = []
    for column, value in key.items():
        if value is None:
            parts.append(sql.SQL("{} is null").format(sql.Identifier(column)))
        elif column in relation.key:
            parts.append(sql.SQL("{} = {}").format(sql.Identifier(column), sql.Literal(value)))
        else:
            parts.append(
                sql.SQL("{}::text = {}").format(sql.Identifier(column), sql.Literal(value))
            )
    return sql.SQL(" and ").join(parts) if parts else sql.Composed([sql.SQL("true")])


def any_of(relation: Relation, rows: Sequence[Row]) -> sql.Composed:
    from psycopg import sql

    if not rows:
        return sql.Composed([sql.SQL("false")])
    if len(relation.key) == 1:
        column = relation.key[0]
        return sql.SQL("{} in ({})").format(
            sql.Identifier(column),
            sql.SQL(", ").join(sql.Literal(r.values[column]) for r in rows),
        )
    return sql.SQL(" or ").join(
        sql.SQL("({})").format(where(relation, r.key(relation))) for r in rows
    )


def as_written(text: str) -> sql.SQL:
    """SQL that the catalogue itself wrote: an expression, a type."""
    from psycopg import sql

    return sql.SQL(text)


def assignments(values: Values) -> sql.Composed:
    """`column = value, …` of an update."""
    from psycopg import sql

    return sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(n), sql.Literal(v)) for n, v in values.items()
    )


def first(count: int) -> sql.Composed:
    """A condition for the first rows, whichever they are."""
    from psycopg import sql

    return sql.SQL("true limit {}").format(sql.Literal(count))


def select(relation: Relation, columns: Iterable[str], condition: sql.Composable) -> sql.Composed:
    from psycopg import sql

    return sql.SQL("select {} from {} where {}").format(texts(columns), name(relation), condition)
