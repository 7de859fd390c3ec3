"""What a column points at: foreign keys, and the pointers that nobody declared."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace

from setterbase.prover.model import Catalog, Column, Relation
from setterbase.prover.texts import Claim, Evidence

USER = "user"
EMAIL = "email"
USER_NAME = re.compile(
    r"^(user_?id|owner_?id|owner|uid|auth_?(user_?)?id|author_?id|created_by|creator_?id|"
    r"(owner|author|creator|member|customer|client|coach|profile|account)_user_?id|"
    r"user_?uuid|supabase_user_id|inserted_by|added_by|uploaded_by|submitted_by|"
    r"(sender|recipient|receiver|addressee|assignee|follower|followee|buyer|seller)(_id)?|"
    r"(id_)?utilisateur(_id)?)$"
)
_USERS_NAME = re.compile(
    r"^(user|member|owner|participant|attendee|assignee|collaborator|invitee|viewer|editor|"
    r"recipient|follower|allowed_user|utilisateur|membre)(s|_u?u?ids)$|^shared_with(_users?)?(_ids)?$"
)
_AUDIT = re.compile(
    r"^(updated|modified|changed|approved|reviewed|verified|deleted|archived|edited|closed|resolved|"
    r"cancel+ed|last_\w+|invited|assigned|granted|revoked|locked|processed)_(by|to)(_id)?$"
)
_ADDRESSED = re.compile(
    r"^((to|target|followed|following|friend|blocked|muted|liked|rated|reviewed|reported|mentioned)_"
    r"(user_?|profile_?|member_?)?(id)?|(addressee|recipient|receiver|invitee|followee|reviewee|"
    r"destinataire|friend|subject)(_user|_profile)?(_id)?)$"
)
_MAKER = re.compile(r"^(created_by|creator_?id|author_?id|inserted_by|added_by)(_id)?$")
_LIKENESS = re.compile(
    r"^(name|title|label|type|kind|status|state|role|level|category|date|day|month|year|locale|"
    r"lang\w*|currency|country|platform|provider|channel|device\w*|endpoint|token|email|phone|key|"
    r"position|rank|order|sort\w*|index|version|action|permission|feature|tag|emoji|reaction|slug)$|"
    r"_(name|type|kind|status|date|at|on|order|index|count|token|key|url|email|phone|slug)$"
)
TENANT_NAME = re.compile(
    r"^(org|organi[sz]ation|tenant|team|workspace|company|account|agency|studio|clinic|school|"
    r"store|shop|coach|business|firm|branch|household|family|client|customer|merchant|vendor|"
    r"franchise|practice|community|space|entity|gym|hotel|restaurant|salon|brand|club|group|site|"
    r"societe|entreprise|agence|boutique|magasin|equipe|cabinet|ecole|foyer|association|"
    r"department|project|chapter|congregation|church|farm|property|building|dealer|tenancy)"
    r"(_?(id|uuid|key|slug|ref))$"
)


def snake(name: str) -> str:
    """`userId` as `user_id`: the patterns speak one language."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@dataclass(frozen=True)
class Ref:
    """Columns that point at a row, a user, or a tenant key that has no table."""

    columns: tuple[str, ...]
    target: int | str  # a table's oid, USER, EMAIL or "key:<name>"
    target_columns: tuple[str, ...]
    required: bool
    why: str
    declared: bool = False
    audit: bool = False
    maker: bool = False
    addressed: bool = False  # names whom the row is for, beside the one who made it
    several: bool = False  # an array: everyone in it
    claim: Claim | None = None
    on_delete: str = ""
    deferrable: bool = False

    def written(self, value: str) -> str:
        """The value as the column holds it."""
        return "{" + value + "}" if self.several else value

    @property
    def is_key(self) -> bool:
        return isinstance(self.target, str) and self.target.startswith("key:")


Refs = dict[int, list[Ref]]


def find(catalog: Catalog, evidence: Evidence) -> Refs:
    """The references of every table that the world will fill, declared first."""
    users = catalog.users()
    refs: Refs = {}
    names = _declared_names(catalog)
    for relation in catalog.relations.values():
        if not relation.is_table:
            continue
        found = [_declared(relation, k, users) for k in relation.foreign_keys if k.target]
        covered = {n for r in found for n in r.columns if len(r.columns) == 1}
        in_any = {n for r in found for n in r.columns}
        for column in relation.columns.values():
            if column.name in covered or column.generated:
                continue
            soft = _soft(catalog, relation, column, evidence, names, column.name in in_any)
            if soft is not None:
                found.append(soft)
        refs[relation.oid] = [_named(r) for r in found]
    _through_composites(catalog, refs)
    _of_people(catalog, refs)
    return refs


def _of_people(catalog: Catalog, refs: Refs) -> None:
    """`unique (who, realm)` says that people are in realms: so says every other `realm` column."""
    for relation in catalog.tables:
        people = {r.columns[0] for r in refs[relation.oid] if r.target == USER and not r.audit}
        pointing = {n for r in refs[relation.oid] for n in r.columns}
        for unique in relation.uniques:
            realms = [n for n in unique.columns if n not in pointing]
            if len(unique.columns) != 2 or not people & set(unique.columns) or len(realms) != 1:
                continue
            column = relation.columns[realms[0]]
            others = [
                t
                for t in catalog.tables
                if t.oid != relation.oid
                and (same := t.columns.get(column.name)) is not None
                and same.type_oid == column.type_oid
                and t.key != (column.name,)
                and all(column.name not in r.columns for r in refs[t.oid])
            ]
            base = catalog.base_type(column.type_oid)
            if not others or base.kind == "e" or not _could_name(base.category, column.name):
                continue
            for table in (relation, *others):
                required = table.columns[column.name].not_null
                why = f"what {relation.label} puts people into"
                refs[table.oid].append(Ref((column.name,), f"key:{column.name}", (), required, why))


def _could_name(category: str, name: str) -> bool:
    """Whether a column may hold a key: no flag, no date, no word that says what a row is like."""
    return category in ("S", "U", "N") and not _LIKENESS.search(snake(name))


def _named(ref: Ref) -> Ref:
    """The same, with what a single column's name tells of it."""
    name = snake(ref.columns[0]) if len(ref.columns) == 1 else ""
    return replace(
        ref,
        audit=bool(_AUDIT.match(name)),
        maker=bool(_MAKER.match(name)),
        addressed=bool(_ADDRESSED.match(name)),
    )


def _through_composites(catalog: Catalog, refs: Refs) -> None:
    """`(tenant, parent)` that points at a parent's own tenant column is a tenant column too."""
    for _ in range(4):
        added = False
        for oid, own in refs.items():
            single = {r.columns[0] for r in own if len(r.columns) == 1}
            for ref in [r for r in own if len(r.columns) > 1 and isinstance(r.target, int)]:
                beyond = refs.get(ref.target, []) if isinstance(ref.target, int) else []
                for column, aim in zip(ref.columns, ref.target_columns, strict=True):
                    onward = next((r for r in beyond if r.columns == (aim,)), None)
                    if column in single or onward is None:
                        continue
                    required = catalog.relations[oid].columns[column].not_null
                    why = f"through {ref.why}"
                    own.append(
                        replace(
                            onward, columns=(column,), required=required, why=why, declared=False
                        )
                    )
                    single.add(column)
                    added = True
        if not added:
            return


def _declared(relation: Relation, key: object, users: Relation | None) -> Ref:
    from setterbase.prover.model import Constraint

    assert isinstance(key, Constraint) and key.target is not None  # noqa: PT018
    to_user = users is not None and key.target == users.oid
    return Ref(
        columns=key.columns,
        target=USER if to_user else key.target,
        target_columns=key.target_columns,
        required=all(relation.columns[n].not_null for n in key.columns),
        why=f"foreign key {key.name}",
        declared=True,
        on_delete=key.on_delete,
        deferrable=key.deferrable,
    )


def _declared_names(catalog: Catalog) -> dict[tuple[str, int], set[tuple[int, str]]]:
    """(column name, type) → what declared single-column keys of that name point at."""
    found: dict[tuple[str, int], set[tuple[int, str]]] = defaultdict(set)
    for relation in catalog.tables:
        for key in relation.foreign_keys:
            if len(key.columns) == 1 and key.target:
                column = relation.columns[key.columns[0]]
                found[column.name, column.type_oid].add((key.target, key.target_columns[0]))
    return found


def _soft(
    catalog: Catalog,
    relation: Relation,
    column: Column,
    evidence: Evidence,
    names: dict[tuple[str, int], set[tuple[int, str]]],
    in_composite: bool,
) -> Ref | None:
    place = (relation.oid, column.name)
    base = catalog.base_type(column.type_oid)
    required = column.not_null
    if place in evidence.email_columns and base.category == "S":
        return Ref((column.name,), EMAIL, ("email",), required, "compared with the caller's email")
    several = base.category == "A" and base.element is not None
    one = catalog.types[base.element] if several and base.element else base
    if place in evidence.user_columns and one.name in ("uuid", "text", "varchar"):
        why = "compared with auth.uid()"
        return Ref((column.name,), USER, ("id",), required, why, several=several)
    claim = evidence.claim_columns.get(place)
    users = catalog.users()
    targets = names.get((column.name, column.type_oid), set())
    if len(targets) == 1 and not in_composite and (relation.key != (column.name,)):
        target, target_column = next(iter(targets))
        to_user = users is not None and target == users.oid
        why = f"named as the foreign keys to {catalog.relations[target].label}"
        return Ref(
            (column.name,),
            USER if to_user else target,
            (target_column,),
            required,
            why,
            claim=claim,
        )
    if several and one.name == "uuid" and _USERS_NAME.match(snake(column.name)):
        why = f"named {column.name}"
        return Ref((column.name,), USER, ("id",), required, why, several=True)
    if base.name not in ("uuid", "text", "varchar", "citext", "bpchar", "int2", "int4", "int8"):
        return None
    if base.name == "uuid" and USER_NAME.match(snake(column.name)) and not in_composite:
        return Ref((column.name,), USER, ("id",), required, f"named {column.name}")
    own = _table_of(catalog, relation, column)
    if own is not None and relation.key != (column.name,) and not in_composite:
        return Ref(
            (column.name,), own.oid, own.key, required, f"named after {own.label}", claim=claim
        )
    if claim is not None and relation.key != (column.name,):
        why = f"compared with the claim {'.'.join(claim.path)}"
        return Ref((column.name,), f"key:{column.name}", (), required, why, claim=claim)
    if (
        TENANT_NAME.match(snake(column.name))
        and relation.key != (column.name,)
        and not in_composite
        and not _is_its_own(catalog, relation, column)
        and f"{re.sub(r'_?id$', '', snake(column.name))}_type" not in relation.folded
    ):
        return Ref((column.name,), f"key:{column.name}", (), required, "named like a tenant")
    return None


def _table_of(catalog: Catalog, relation: Relation, column: Column) -> Relation | None:
    """`org_id` without a foreign key, beside a table `orgs` whose key has the same type."""
    match = re.fullmatch(r"(\w+?)_?(id|uuid)", snake(column.name))
    if match is None:
        return None
    stem = match.group(1).rstrip("_")
    wanted = {stem, stem + "s", stem + "es", stem.removesuffix("y") + "ies"}
    for other in catalog.tables:
        if snake(other.name) in wanted and other.oid != relation.oid and len(other.key) == 1:
            key = other.columns[other.key[0]]
            if key.type_oid == column.type_oid and other.schema == relation.schema:
                return other
    return None


def _is_its_own(catalog: Catalog, relation: Relation, column: Column) -> bool:
    """Whether it names its own row (`project_ref text unique`), for no other table has it."""
    alone = any(c.columns == (column.name,) and not c.partial for c in relation.uniques)
    return alone and not any(
        other.oid != relation.oid and column.name in other.columns for other in catalog.tables
    )
