"""Values to call a function with: the other tenant's ids where an argument could be one."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator

from setterbase.prover import words
from setterbase.prover.capabilities import TOKEN
from setterbase.prover.context import Context
from setterbase.prover.model import Argument, Function, Relation, Type
from setterbase.prover.texts import helper_text, tables_of
from setterbase.prover.world import Side

Call = tuple[tuple[Argument, str | None], ...]
_PREFIX = re.compile(r"^(p|in|v|arg|i|param|the|target|new|from|to|for|a)?_+|^(target|new)_")
_COUNTS = re.compile(
    r"limit|offset|count|page|size|skip|top|amount|cents|price|total|qty|quantit|days?|hours?|"
    r"minutes?|seconds?|year|month|week|score|rate|percent|threshold|weight|lat|lng|lon|radius|"
    r"depth|number|nombre|montant|version"
)
# A text that is an id: named so, after a person or a tenant, or without any name.
_ID = re.compile(
    r"^$|(^|_)(ids?|uids?|uuids?|guid)$|user|owner|member|person|author|profile|account|tenant|"
    r"organi[sz]ation|org$|team|workspace|compan|coach|client|customer"
)
_LISTED = r"jsonb?_(?:array_elements(?:_text)?|array_length|(?:to|populate)_recordset)\s*\("
# A text that is looked for, not an id, whatever it is named after.
_SOUGHT = re.compile(r"search|term|like|filter|query|text|name|^q$")
_NUMBERS = ("int", "small", "big", "num", "dec", "real", "double", "float", "bool")
_LIMIT = 28
_PER_ARGUMENT = 5


def calls(ctx: Context, function: Function, theirs: Side, mine: Side | None) -> Iterator[Call]:
    """Calls worth making, the likeliest first, each at most once."""
    tables = tables_of(ctx.catalog, function)
    options = [candidates(ctx, function, a, theirs, tables) for a in function.arguments]
    own = (
        [candidates(ctx, function, a, mine, tables)[:1] for a in function.arguments]
        if mine is not None
        else []
    )
    seen: set[tuple[tuple[str, str | None], ...]] = set()
    plans = itertools.chain(_plain(function, options), _mixed(function, options, own))
    made = 0
    for call in plans:
        shape = tuple((a.name, v) for a, v in call)
        if shape in seen:
            continue
        seen.add(shape)
        made += 1
        yield call
        if made >= _LIMIT:
            return


def own_call(ctx: Context, function: Function, mine: Side) -> Call:
    """The call that a member would make for their own tenant."""
    tables = tables_of(ctx.catalog, function)
    return tuple(
        (a, candidates(ctx, function, a, mine, tables)[0])
        for a in function.arguments
        if not a.has_default or _is_id(ctx, a)
    )


def _is_id(ctx: Context, argument: Argument) -> bool:
    return ctx.catalog.base_type(argument.type_oid).name == "uuid"


def _plain(function: Function, options: list[list[str | None]]) -> Iterator[Call]:
    firsts = [o[0] for o in options]
    yield tuple(zip(function.arguments, firsts, strict=True))
    if any(a.has_default for a in function.arguments):
        yield tuple(
            (a, v) for a, v in zip(function.arguments, firsts, strict=True) if not a.has_default
        )
    for place, values in enumerate(options):
        for value in values[1:]:
            yield tuple(
                (a, value if i == place else firsts[i]) for i, a in enumerate(function.arguments)
            )


def _mixed(
    function: Function, options: list[list[str | None]], own: list[list[str | None]]
) -> Iterator[Call]:
    arguments = function.arguments
    if own and len(arguments) > 1:
        for place in range(len(arguments)):
            yield tuple(
                (a, options[i][0] if i == place else own[i][0]) for i, a in enumerate(arguments)
            )
    if arguments:
        yield tuple((a, None) for a in arguments)
        for place in range(len(arguments)) if len(arguments) > 1 else ():
            yield tuple((a, None if i == place else options[i][0]) for i, a in enumerate(arguments))
    if len(arguments) == 2:
        for pair in itertools.product(options[0], options[1]):
            yield tuple(zip(arguments, pair, strict=True))


def candidates(
    ctx: Context, function: Function, argument: Argument, side: Side | None, tables: list[Relation]
) -> list[str | None]:
    """Values for one argument, never an empty list."""
    kind = ctx.catalog.types[argument.type_oid]
    base = ctx.catalog.base_type(argument.type_oid)
    if base.relation is not None:
        return list(_records(ctx, base, side)) or [None]
    if argument.variadic or base.category == "A":
        element = ctx.catalog.types[base.element] if base.element else kind
        inner = _values(ctx, function, argument.name, element, side, tables)
        return ["{" + json.dumps(v) + "}" for v in inner if v is not None] or ["{}"]
    return _values(ctx, function, argument.name, base, side, tables)[: _most(base)] or [None]


def _records(ctx: Context, base: Type, side: Side | None) -> Iterator[str]:
    """Rows of the side in a table's row type: what points and no more, then all of it."""
    table = ctx.catalog.relations.get(base.relation or 0)
    row = side.main(table.oid) if side is not None and table is not None else None
    if table is None or row is None:
        return
    pointing = {n for r in ctx.refs[table.oid] for n in r.columns} | set(table.key)
    for names in (pointing, set(table.columns)):
        fields = (row.values.get(n) if n in names else None for n in table.columns)
        yield "(" + ",".join("" if v is None else _field(v) for v in fields) + ")"


def _field(value: str) -> str:
    """A value inside the text of a row."""
    return '"' + value.replace("\\", "\\\\").replace('"', '""') + '"'


def _most(base: Type) -> int:
    return 12 if base.name in ("json", "jsonb") else _PER_ARGUMENT


def _values(
    ctx: Context,
    function: Function,
    name: str,
    base: Type,
    side: Side | None,
    tables: list[Relation],
) -> list[str | None]:
    stem = _PREFIX.sub("", name.lower()) or name.lower()
    if base.kind == "e":
        best = words.top(list(base.labels))
        return list(dict.fromkeys([best, *base.labels]))
    if base.name in ("json", "jsonb"):
        return list(_objects(ctx, function, name, side, tables))
    found = _from_rows(ctx, stem, base, side, tables) if side is not None else []
    if base.name == "uuid":
        return [*found] or [None]
    if base.category == "S":
        if words.ROLE.match(stem):
            return ["admin", "owner"]
        if re.search(r"\bexecute\b", function.body, re.I):
            loose = ["' or true --", "') or true --", "select 1", "%", ""]
        elif re.search(r"sql|statement", stem):
            loose = ["select 1", "", "%"]
        else:
            loose = (
                ["%", "", "a"] if _SOUGHT.search(stem) else ["%", "k7"] if found else ["k7", "%"]
            )
        return [*found[:3], *loose[: 2 if found else None], *found[3:]]
    if base.category == "N" and re.search(r"year|annee", stem):
        return ["2026", "2031"]
    if base.category == "N" and re.search(r"month|mois", stem):
        return ["10", "1"]
    if base.category == "N":
        return [*found, "100", "1", "0"] if not re.search("offset|page|skip", stem) else ["0", "1"]
    if base.category == "B":
        return ["true", "false"]
    if base.category == "D":
        late = re.search(r"to|end|until|before|as_?of|now|at$", stem)
        ends: list[str | None] = ["2031-01-01", "2020-01-01"] if late else ["2020-01-01"]
        return [*ends, *found]
    if base.category == "T":
        return ["1 day"]
    return [*found] or [None]


def _from_rows(
    ctx: Context, stem: str, base: Type, side: Side, tables: list[Relation]
) -> list[str]:
    """The side's values whose column or table the argument is named after, then its other ids."""
    near = frozenset(t.oid for t in tables)
    spot = (stem, base.oid, side.name, near)
    if spot not in ctx.supply:
        ctx.supply[spot] = _gathered(ctx, stem, base, side, near)
    return list(ctx.supply[spot])


def _gathered(ctx: Context, stem: str, base: Type, side: Side, near: frozenset[int]) -> list[str]:
    ordered = sorted(ctx.catalog.tables, key=lambda t: t.oid not in near)
    named: list[str] = []
    ids: list[str] = []
    who = side.people.get("main")
    is_id = base.name == "uuid" or (
        base.category == "S" and bool(_ID.search(stem)) and not _SOUGHT.search(stem)
    )
    if who is not None:
        if is_id and re.search(r"user|uid|owner|member|person|author|profile", stem):
            named.append(who.id)
        if base.category == "S" and "mail" in stem:
            named.append(who.email)
    if TOKEN.search(stem):
        return []  # who knows the secret may; who does not cannot guess it
    for table in ordered:
        row = side.main(table.oid)
        if row is None:
            continue
        secretive = words.SECRETIVE.search(table.name.lower())
        for column, value in row.values.items():
            if TOKEN.search(column.lower()) or (secretive and column.lower() == "code"):
                continue
            kind = ctx.catalog.base_type(table.columns[column].type_oid)
            same = (
                kind.name == base.name
                or (kind.category == base.category == "S")
                or (kind.name == "uuid" and is_id)
                or (base.category == "N" and kind.category == "N")
            )
            if value is None or not same:
                continue
            is_key = table.key == (column,)
            if (
                column.lower() == stem
                or (is_key and _names(stem, table.name))
                or (table.oid in near and _column_of(stem, table.name, column.lower()))
            ):
                named.append(value)
            elif (table.oid in near or table.oid in ctx.axes.roots) and (
                is_key or (is_id and any(column in r.columns for r in ctx.refs[table.oid]))
            ):
                ids.append(value)
    for key, value in side.keys.items():
        (named if key == stem or stem in key else ids).append(value)
    if base.name != "uuid":
        counts = base.category == "N" and _COUNTS.search(stem)
        ids = [] if counts else [i for i in ids if side.marks.found_in(i)]
    if is_id and who is not None:
        ids.append(who.id)
    return list(dict.fromkeys(named + ids))


def _names(stem: str, table: str) -> bool:
    short = re.sub(r"_?(id|uuid|key)$", "", stem)
    table = table.lower()
    return bool(short) and (
        short == table
        or table in (short + "s", short + "es")
        or table == short.removesuffix("y") + "ies"
        or table.removesuffix("s").endswith("_" + short)
    )


def _column_of(stem: str, table: str, column: str) -> bool:
    """`shop_slug` or `shops_slug`, of a table of shops that has a slug."""
    return stem.endswith("_" + column) and _names(stem.removesuffix("_" + column), table)


def _text_of(
    ctx: Context, key: str, text: str, plain: Type, side: Side, tables: list[Relation]
) -> str:
    """A moment, a word that the body compares the key with, the side's value, or any word."""
    if re.search(r"(^|_)(at|date|time|timestamp|on)$", key):
        return "2026-10-01T10:00:00Z"
    near = re.search(rf"'{key}'[)\s]*(?:=|<>|in|not in)\s*\(?\s*'([\w-]+)'", text)
    if near is None:
        near = re.search(rf"\b(?:v_)?{key}\b[)\s]*(?:=|<>|in|not in|when)\s*\(?\s*'([\w-]+)'", text)
    if near is not None:
        return near.group(1)
    return next(iter(_from_rows(ctx, key, plain, side, tables)), "k7")


def _record_fields(text: str) -> dict[str, str]:
    """The columns, with their types, that `jsonb_to_record(…) as x (a uuid, b text)` reads."""
    lists = re.findall(
        r"jsonb?_to_record(?:set)?\s*\([^()]*\)\s*(?:as\s+)?\w+\s*\(([^()]*)\)", text, re.I
    )
    pairs = (re.findall(r'(?:^|,)\s*"?(\w+)"?\s+(\w+)', columns) for columns in lists)
    return {name: kind.lower() for found in pairs for name, kind in found}


def _objects(
    ctx: Context, function: Function, name: str, side: Side | None, tables: list[Relation]
) -> Iterator[str]:
    """Objects with every key that the body reads, one for each word that a type may be."""
    made: dict[str, str | None] = {}
    uuid = next(t for t in ctx.catalog.types.values() if t.name == "uuid")
    plain = next(t for t in ctx.catalog.types.values() if t.name == "text")
    whole = next(t for t in ctx.catalog.types.values() if t.name == "int8")
    text = helper_text(ctx.catalog, function)
    fields = _record_fields(text)
    for key in dict.fromkeys([*re.findall(r"(?:->>?|\?)\s*'(\w+)'", text), *fields]):
        if fields.get(key, "").startswith(_NUMBERS):
            of_rows = _from_rows(ctx, key, whole, side, tables) if side is not None else []
            made[key] = next(iter(of_rows), "1") if key.endswith("id") else "1"
            continue
        kind = uuid if re.search(r"(^|_)(id|uuid)$", key) or fields.get(key) == "uuid" else plain
        if kind is uuid or side is None:
            made[key] = next(iter(_values(ctx, function, key, kind, side, tables)), None)
        else:
            made[key] = _text_of(ctx, key, text, plain, side, tables)
    ids = [v for v in _values(ctx, function, "ids", uuid, side, tables) if v]
    lists = [json.dumps([made]), json.dumps(ids)] if made else [json.dumps(ids)]
    itself = rf"(?:null::[^,()]+,\s*)?(?:\w+\.)?(?:{re.escape(name)}\b|\$\d)" if name else r"\$\d"
    listed = re.search(_LISTED + itself, text, re.I)
    if listed:
        yield from lists
    yield json.dumps(made)
    if not listed and re.search(_LISTED, text, re.I):
        yield from lists
    for key in ("type", "kind", "action", "event", "op"):
        if key in made:
            after = re.findall(rf"\b{key}\b(.{{0,160}})", text, re.S)
            found = [w for part in after for w in re.findall(r"'([a-z_]{2,20})'", part)]
            for word in list(dict.fromkeys(found))[:8]:
                yield json.dumps({**made, key: word})
