"""What policies and function bodies say: columns compared with the caller, claims, tables named."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from setterbase.prover.model import Catalog, Function, Relation

_CAST = re.compile(r"::\s*(?:\w+\.)?\"?\w+\"?(?:\[\])?(?:\(\d+\))?")
_NOISE = re.compile(
    r"\b(?:nullif|coalesce|select|trim|lower|btrim)\b|\bas \w+\b|,\s*(?:''|true)|[()\"]"
)
_SPACE = re.compile(r"\s+")
_SOURCE = r"(?:auth\.jwt|current_setting\s*'request\.(?:jwt\.claims|headers)'|\b[a-z_]+)"
_CHAIN = re.compile(rf"({_SOURCE})((?:\s*->>?\s*'[^']+')+|\s*#>>?\s*'\{{[^}}]+\}}')")
_KEY = re.compile(r"'\{?([^'}]+)\}?'")
_SETTING = re.compile(r"current_setting\s*'((?!request\.|pgrst\.|role\b)\w+\.[\w.]+)'")
_UID = r"auth\.uid"
_LEFT = re.compile(rf"((?:\w+\.)*\w+)\s*=\s*(?:any\s*)?{_UID}\b")
_RIGHT = re.compile(rf"{_UID}\s*=\s*(?:any\s*)?((?:\w+\.)*\w+)")
_LISTED = re.compile(
    rf"((?:\w+\.)*\w+)\s*(?:@>|&&)\s*array\s*\[\s*{_UID}\b|{_UID}\s*\]\s*(?:<@|&&)\s*((?:\w+\.)*\w+)"
)
_EMAIL_LEFT = re.compile(r"((?:\w+\.)*\w+)\s*=\s*(?:auth\.email|auth\.jwt\s*->>\s*'email')")
_EMAIL_RIGHT = re.compile(r"(?:auth\.email|auth\.jwt\s*->>\s*'email')\s*=\s*((?:\w+\.)*\w+)")
_NAME = r"((?:\w+\.)*\w+)"
_ELEMENTS = r"(?:jsonb?_array_elements(?:_text)?|unnest)"
# What stands before and after a claim, or a helper that reads one, when a column is held against
# it: `org = any(array(select jsonb_array_elements_text(…)))`, `… ? org`, `… @> to_jsonb(org)`.
_HELD = re.compile(
    rf"{_NAME}\s*(?:=|<@|\bin\b)\s*(?:any\s*)?(?:array\s*)?(?:[\w.]+\s+from\s+)?"
    rf"(?:(?:{_ELEMENTS}|string_to_array|to_jsonb)\s*)*(?:\w+\.)?$"
)
_HOLDS = re.compile(
    rf"\s*(?:=|\?|@>|(?:\w+ )*where [\w.]+ =)\s*(?:any\s*)?"
    rf"(?:(?:to_jsonb|jsonb_build_array|array)\s*\[?\s*)?{_NAME}"
)
_IS_LIST = re.compile(rf"{_ELEMENTS}\s*$")
_HAS_MEMBERS = re.compile(r"\s*(?:\?|@>)")
_NO_ALIAS = r"(?!(?:from|where|on|using|join|left|right|inner|cross|set|values|select|and|as)\b)"
_FROM = re.compile(
    r"(?:\b(?:from|join|update|into|truncate(?:\s+table)?|only)\s+|,\s*)\(*((?:\w+\.)?\w+)"
    rf"(?:\s+(?:as\s+)?{_NO_ALIAS}(\w+))?",
    re.I,
)


@dataclass(frozen=True)
class Claim:
    """A path read from the token or the request: `source` is claims, headers or setting."""

    source: str
    path: tuple[str, ...]

    @property
    def forgeable(self) -> bool:
        return self.source == "headers" or self.path[:1] == ("user_metadata",)


@dataclass
class Evidence:
    """Everything the texts tell, by table and column."""

    user_columns: set[tuple[int, str]] = field(default_factory=set)
    email_columns: set[tuple[int, str]] = field(default_factory=set)
    claims: set[Claim] = field(default_factory=set)
    claim_columns: dict[tuple[int, str], Claim] = field(default_factory=dict)
    lists: dict[Claim, bool] = field(default_factory=dict)  # whether it holds several, where told
    guards: set[int] = field(default_factory=set)  # tables asked by policies of other tables
    text: str = ""
    rules: str = ""  # the policies, and the functions that they call
    guarding: list[tuple[int | None, str]] = field(default_factory=list)  # each, by its table


def flatten(text: str) -> str:
    """The text in lower case without casts, parentheses and the wrappers that hide a comparison."""
    return _SPACE.sub(" ", _NOISE.sub(" ", _CAST.sub("", text.lower()))).strip()


def claims_in(text: str) -> list[tuple[Claim, int, int]]:
    """Claims read in a flattened text, with the places where each starts and ends."""
    found = []
    speaks_of_tokens = "jwt" in text or "request.headers" in text or "metadata" in text
    for match in _CHAIN.finditer(text) if speaks_of_tokens else ():
        source, chain = match.group(1), match.group(2)
        keys = [k for raw in _KEY.findall(chain) for k in raw.split(",")]
        if "request.headers" in source or (source == "headers" and "request.headers" in text):
            found.append((Claim("headers", tuple(keys)), *match.span()))
            continue
        if source.endswith(("raw_app_meta_data", "app_metadata", "app_meta")):
            keys.insert(0, "app_metadata")
        if source.endswith(("raw_user_meta_data", "user_metadata", "user_meta")):
            keys.insert(0, "user_metadata")
        found.append((Claim("claims", tuple(keys)), *match.span()))
    found += [(Claim("setting", (m.group(1),)), *m.span()) for m in _SETTING.finditer(text)]
    return found


def gather(catalog: Catalog) -> Evidence:
    """Reads every policy and every function body once."""
    evidence = Evidence()
    in_policies: set[str] = set()
    for relation in catalog.relations.values():
        for policy in relation.policies:
            _read(catalog, evidence, flatten(policy.text), relation)
            in_policies |= set(re.findall(r"\b[a-z_]\w*\b", policy.text.lower()))
            for other in mentioned(catalog, policy.text):
                if other.oid != relation.oid:
                    evidence.guards.add(other.oid)
        if relation.definition and relation.kind == "v":
            _read(catalog, evidence, flatten(relation.definition), relation)
    for function in catalog.functions.values():
        text = flatten(function.body)
        for statement in text.split(";"):
            _read(catalog, evidence, statement, None)
        if function.name.lower() in in_policies:
            evidence.guards |= {r.oid for r in tables_of(catalog, function)}
    parts = [p.text for r in catalog.relations.values() for p in r.policies]
    parts += [f.body for f in catalog.functions.values()]
    evidence.text = "\n".join(parts).lower()
    called = {f.oid for f in catalog.functions.values() if f.name.lower() in in_policies}
    evidence.guarding = [
        *((r.oid, p.text.lower()) for r in catalog.relations.values() for p in r.policies),
        *((None, helper_text(catalog, catalog.functions[oid]).lower()) for oid in called),
    ]
    evidence.rules = "\n".join(text for _, text in evidence.guarding)
    _through_helpers(catalog, evidence)
    _asked_by_functions(catalog, evidence)
    return evidence


def _asked_by_functions(catalog: Catalog, evidence: Evidence) -> None:
    """Where no policy rules, functions do: the table that they ask for the caller is a guard.

    One that they only read, on the way to another table.
    """
    for function in catalog.functions.values():
        if not function.definer:
            continue
        tables = tables_of(catalog, function)
        if len(tables) < 2 or any(t.policies for t in tables):
            continue
        text = flatten(helper_text(catalog, function))
        asked = Evidence()
        for statement in text.split(";"):
            _read(catalog, asked, statement, None)
        for oid in {oid for oid, _ in asked.user_columns}:
            name = re.escape(catalog.relations[oid].name.lower())
            if not re.search(rf"\b(?:into|update|delete from)\s+(?:\w+\.)?{name}\b", text):
                evidence.guards.add(oid)


def mentioned(catalog: Catalog, text: str) -> list[Relation]:
    """Tables that a text reads from or writes to, those under its views included."""
    named = {m.group(1).split(".")[-1].lower() for m in _FROM.finditer(text.replace('"', ""))}
    found = {r.oid: r for r in catalog.tables if r.name.lower() in named}
    todo = [
        r for r in catalog.relations.values() if r.kind in ("v", "m") and r.name.lower() in named
    ]
    seen: set[int] = set()
    while todo:
        view = todo.pop()
        seen.add(view.oid)
        for oid in view.reads:
            under = catalog.relations.get(oid)
            if under is None or oid in seen:
                continue
            if under.is_table and not under.is_partition:
                found[oid] = under
            elif under.kind in ("v", "m"):
                todo.append(under)
    return list(found.values())


def tables_of(catalog: Catalog, function: Function) -> list[Relation]:
    """The tables that a function and its helpers work on; remembered."""
    if function.oid not in catalog.worked_on:
        catalog.worked_on[function.oid] = mentioned(catalog, helper_text(catalog, function))
    return catalog.worked_on[function.oid]


def _aliases(catalog: Catalog, text: str) -> dict[str, list[Relation]]:
    found: dict[str, list[Relation]] = {}
    for match in _FROM.finditer(text):
        name = match.group(1).split(".")[-1].lower()
        tables = [r for r in catalog.tables if r.name.lower() == name]
        for word in (name, (match.group(2) or "").lower()):
            if word:
                found.setdefault(word, []).extend(tables)
    return found


def _read(
    catalog: Catalog,
    evidence: Evidence,
    text: str,
    own: Relation | None,
) -> None:
    aliases = _aliases(catalog, text)

    def resolve(name: str, before: int) -> list[tuple[int, str]]:
        *qualifier, column = name.split(".")
        if qualifier:
            candidates = list(aliases.get(qualifier[-1], []))
            if own and qualifier[-1] == own.name.lower():
                candidates.append(own)
        else:
            candidates = [own] if own else _nearest(catalog, text[:before], column)
            if own is not None and column not in own.folded:
                candidates = [r for rs in aliases.values() for r in rs]
        return [(r.oid, r.folded[column]) for r in candidates if column in r.folded]

    for pattern in (_LEFT, _RIGHT, _LISTED):
        for match in pattern.finditer(text):
            evidence.user_columns.update(resolve(match.group(match.lastindex or 1), match.start()))
    for pattern in (_EMAIL_LEFT, _EMAIL_RIGHT):
        for match in pattern.finditer(text):
            evidence.email_columns.update(resolve(match.group(1), match.start()))
    for claim, start, end in claims_in(text):
        evidence.claims.add(claim)
        if _IS_LIST.search(text[:start]) or _HAS_MEMBERS.match(text[end:]):
            evidence.lists[claim] = True
        names = held_against(text, start, end)
        if names and re.search(r">>\s*'[^']+'$", text[start:end]):
            evidence.lists.setdefault(claim, False)
        for place in [place for name in names for place in resolve(name, start)]:
            _compared(evidence, place, claim)


def held_against(text: str, start: int, end: int) -> list[str]:
    """The names that a flattened text compares with what it says from `start` to `end`."""
    found = (_HELD.search(text[:start]), _HOLDS.match(text[end:]))
    return [match.group(1) for match in found if match]


def _nearest(catalog: Catalog, text: str, column: str) -> list[Relation]:
    """The table named last in a statement that has the column: what an unqualified name means."""
    named = [m.group(1).split(".")[-1] for m in _FROM.finditer(text)]
    for name in reversed(named):
        found = [r for r in catalog.tables if r.name.lower() == name and column in r.folded]
        if found:
            return found
    return []


def _compared(evidence: Evidence, place: tuple[int, str], claim: Claim | None) -> None:
    """A column that rules compare with the caller, the caller's email or another claim."""
    if claim is None or claim.path == ("sub",):
        evidence.user_columns.add(place)
    elif claim.path == ("email",):
        evidence.email_columns.add(place)
    else:
        evidence.claim_columns.setdefault(place, claim)


def _through_helpers(catalog: Catalog, evidence: Evidence) -> None:
    """`column = current_tenant()` inherits what the helper reads: the caller or a claim."""
    meaning: dict[str, Claim | None] = {}
    for function in catalog.functions.values():
        text = flatten(function.body)
        # What it reads from a table comes after the claim: a tenant to fall back on.
        first = text.find(" from ") if mentioned(catalog, function.body) else len(text)
        claims = [found for found in claims_in(text) if found[1] < first]
        if claims and not function.arguments:
            meaning[function.name.lower()] = claims[0][0]
        elif re.fullmatch(r"(?:return )?(?:begin return )?auth\.uid;?(?: end;?)?", text):
            meaning[function.name.lower()] = None
    for relation in catalog.tables:
        for policy in relation.policies:
            text = flatten(policy.text)
            for name, claim in meaning.items():
                for match in re.finditer(rf"\b{re.escape(name)}\b", text):
                    for told in held_against(text, *match.span()):
                        column = relation.folded.get(told.split(".")[-1])
                        if column is not None:
                            _compared(evidence, (relation.oid, column), claim)


def helper_text(catalog: Catalog, function: Function) -> str:
    """The body of a function and of the helpers it calls, however deep."""
    taken = {function.oid: function}
    level = [function]
    while level:
        words = set(re.findall(r"\b\w+\b", " ".join(f.body for f in level).lower()))
        level = [
            f for f in catalog.functions.values() if f.oid not in taken and f.name.lower() in words
        ]
        taken.update({f.oid: f for f in level})
    return "\n".join(f.body for f in taken.values())
