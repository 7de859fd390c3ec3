"""Where the attacks over HTTP meet: the copy, who asks, and what SQL said of the same.

SQL attacks the same world first. It knows what crosses by design; HTTP tells what really crosses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from setterbase.prover import rows
from setterbase.prover.attacks.common import data_of, flat, show
from setterbase.prover.context import Context
from setterbase.prover.identities import Identity
from setterbase.prover.model import Relation
from setterbase.prover.rest.client import Answer, Client, Request
from setterbase.prover.rest.keeper import Keeper
from setterbase.prover.verdict import Kind, Verdict, Witness
from setterbase.prover.world import Row, Values

if TYPE_CHECKING:
    import psycopg

_REFUSED = (401, 403, 404, 406)
Told = Mapping[str, Any]


@dataclass
class Ground:
    ctx: Context
    client: Client
    keeper: Keeper
    verdicts: dict[tuple[str, str, str], Verdict] = field(default_factory=dict)

    def ask(self, identity: Identity, request: Request) -> Answer:
        return self.client.ask(identity, request)

    def before(self, label: str, command: str, identity: Identity) -> Verdict | None:
        """What SQL said."""
        return self.ctx.verdicts.get((label, command, identity.name))

    def by_design(self, label: str, command: str, identity: Identity) -> str | None:
        """Why rows may cross here, where SQL has found them to do so on purpose and no leak."""
        sql = self.before(label, command, identity)
        return sql.reason if sql is not None and sql.verdict is Kind.PUBLIC else None

    def echo(self, thing: tuple[str, str], command: str, identity: Identity) -> None:
        """What SQL said of rows that are nobody's; a leak takes a request to be said."""
        sql = self.before(thing[0], command, identity)
        if sql is not None and sql.verdict is not Kind.LEAK:
            self.say(thing, command, identity, sql.verdict, sql.reason)

    def say(
        self,
        thing: tuple[str, str],
        command: str,
        identity: Identity,
        kind: Kind,
        reason: str,
        proof: tuple[Request, str] | None = None,
        before: Sequence[str] = (),
    ) -> None:
        """Keeps the most telling verdict on a thing (label and kind), with its request for a leak.

        `before` are the lines of shell that come before that request.
        """
        if kind is Kind.LEAK and identity.privileged:
            kind = Kind.PUBLIC
            reason = "a platform admin reaches every tenant: only the server grants it"
        witness = None
        if kind is Kind.LEAK and proof is not None:
            lines = [*before, self.client.curl(identity, proof[0])]
            witness = Witness("\n".join(lines), proof[1][:300])
        label, what = thing
        spot = (label, f"http {command}", identity.name)
        made = Verdict(label, what, spot[1], identity.name, kind, reason, witness)
        now = self.verdicts.get(spot)
        if now is None or kind.outweighs(now.verdict):
            self.verdicts[spot] = made

    def quiet(self, sql: Verdict | None, answer: Answer) -> tuple[Kind, str]:
        """The verdict on an attempt by which nothing crossed."""
        if not answer.ok:
            known = sql is None or sql.verdict is Kind.UNREACHABLE
            kind = Kind.UNREACHABLE if known and answer.status in _REFUSED else Kind.ISOLATED
            return kind, f"refused: {answer.message}"
        if sql is not None and sql.verdict in (Kind.UNPROVEN, Kind.PUBLIC):
            return sql.verdict, sql.reason
        return Kind.ISOLATED, f"{answer.status}, and nothing of others in it"

    def crossing(self, identity: Identity, relation: Relation, told: Sequence[Told]) -> list[Told]:
        """Those of the answered rows that `identity` has no right to."""
        ctx = self.ctx
        home = data_of(ctx, relation) if relation.is_table else None
        if home is None or not ctx.axes.has(home.oid):
            # As in SQL: what a view makes of rows that are public is public.
            beside = ctx.beside if home is None else set[str]()
            texts = [(row, flat(tuple(row.values()))) for row in told]
            return [row for row, text in texts if ctx.foreign(identity, text) - beside]
        victims = list(ctx.victims(identity, home.oid))
        orphan = ctx.world.orphans.get(home.oid)
        sql = self.before(relation.label, "select", identity)
        if orphan is not None and sql is not None and sql.verdict is Kind.LEAK:
            victims.append(orphan)  # without tenant; whether by design, SQL has found out
        return [row for row in told if any(_is_same(home, row, v) for v in victims)]

    def damage(self, identity: Identity) -> tuple[Relation, str] | None:
        """The first row of others, of any table, that is gone or differs; asked as the owner."""
        if not self.keeper.memory.differs():
            return None
        connection = self.keeper.owner
        for table in self.ctx.catalog.tables:
            if not self.ctx.axes.has(table.oid):
                continue
            for victim in self.ctx.victims(identity, table.oid):
                now = self._stored(connection, table, victim.key(table))
                if now is None:
                    return table, "the row is gone"
                changed = {n: v for n, v in now.items() if v != victim.values.get(n)}
                if changed:
                    return table, ", ".join(
                        f"{n}: {victim.values.get(n)} → {v}" for n, v in changed.items()
                    )
        return None

    def settle(self) -> None:
        """The world as it was committed, which is what later changes are told by."""
        connection = self.keeper.owner
        for side in self.ctx.world.sides():
            for oid, kept in side.rows.items():
                table = self.ctx.catalog.relations[oid]
                for row in kept:
                    row.values = self._stored(connection, table, row.key(table)) or row.values

    def stored(self, table: Relation, values: Values) -> Values | None:
        """The row with the key of `values`, or with all of them, as it is in the table."""
        key = {n: values.get(n) for n in table.key}
        if not key or any(v is None for v in key.values()):
            key = {n: v for n, v in values.items() if n in table.columns}
        return self._stored(self.keeper.owner, table, key)

    def _stored(
        self, connection: psycopg.Connection[Any], table: Relation, key: Values
    ) -> Values | None:
        found = connection.execute(
            rows.select(table, table.columns, rows.where(table, key))
        ).fetchall()
        return dict(zip(table.columns, found[-1], strict=True)) if found else None

    def body(self, table: Relation, values: Values) -> dict[str, Any]:
        """Values as JSON: texts, which PostgreSQL reads, and JSON as what it is."""
        made: dict[str, Any] = {}
        for column, value in values.items():
            kind = self.ctx.catalog.base_type(table.columns[column].type_oid).name
            made[column] = json.loads(value) if value and kind in ("json", "jsonb") else value
        return made


def _is_same(home: Relation, told: Told, victim: Row) -> bool:
    """Whether an answered row is the victim: by its key, else by all that is shown of it."""
    if home.key and set(home.key) <= set(told):
        return all(told[n] == victim.values.get(n) for n in home.key)
    return bool(told) and all(v == victim.values.get(n) for n, v in told.items())


def shown(row: Told) -> str:
    return show({k: v for k, v in row.items() if not isinstance(v, (list, dict))})
