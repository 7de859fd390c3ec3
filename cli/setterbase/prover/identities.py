"""Who attacks: the API role and the claims of every kind of caller."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from setterbase.prover.axes import Axes
from setterbase.prover.capabilities import is_capability
from setterbase.prover.person import RANKED
from setterbase.prover.refs import Refs, snake
from setterbase.prover.texts import Claim, Evidence
from setterbase.prover.world import Side, World

_ROLE_KEY = re.compile(r"role|admin|staff|super|permission|level|plan")


@dataclass(frozen=True)
class Identity:
    """`side` is the tenant that the caller belongs to; None belongs to nobody."""

    name: str
    role: str
    claims: dict[str, Any] | None
    side: str | None = None
    person: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)  # what a hook of the server sets
    privileged: bool = False  # may see every tenant by design

    @property
    def raw_claims(self) -> str:
        return json.dumps(self.claims if self.claims is not None else {"role": self.role})

    def __hash__(self) -> int:
        return hash(self.name)


class Cast:
    """Makes identities from the world and from what the policies ask of a token."""

    def __init__(self, world: World, refs: Refs, axes: Axes, evidence: Evidence) -> None:
        self.world, self.refs, self.axes, self.evidence = world, refs, axes, evidence

    def member(self, side: Side, person: str, name: str, **extra: Any) -> Identity:
        claims = self.token(side, person, **extra)
        headers = self.told(side, "headers", secrets=person not in ("off", "gone"))
        settings = {} if person == "gone" else self.told(side, "setting")
        return Identity(name, "authenticated", claims, side.name, person, headers, settings)

    def told(self, side: Side, source: str, *, secrets: bool = True) -> dict[str, str]:
        """What an honest request of `side` carries, where rules read headers or settings.

        Without `secrets` it lacks the tokens that were never given to that person.
        """
        told = {
            c.path[-1]: self.claim_value(side, c)
            for c in self.evidence.claims
            if c.source == source and (secrets or not is_capability(self.evidence, c))
        }
        return {name: str(value) for name, value in told.items() if value is not None}

    def token(self, side: Side, person: str, **extra: Any) -> dict[str, Any]:
        """The claims of a signed-in person of `side`."""
        who = side.people[person]
        claims: dict[str, Any] = {
            "sub": who.id,
            "role": "authenticated",
            "aud": "authenticated",
            "email": who.email,
            "app_metadata": {"provider": "email"},
            "user_metadata": {},
            "session_id": "00000000-0000-4000-8000-0000000000ff",
            "aal": "aal2" if "'aal2'" in self.evidence.rules else "aal1",
            "is_anonymous": False,
        }
        for claim in sorted(self.evidence.claims, key=lambda c: c.path):
            if person == "gone":
                break
            if claim.source == "claims" and claim.path[0] not in _STANDARD:
                value = self.claim_value(side, claim)
                if value is not None:
                    _put(claims, claim.path, value)
        return {**claims, **extra}

    def claim_value(self, side: Side, claim: Claim) -> Any:
        """What a token of `side` says under a claim; None when it says nothing."""
        last = re.sub(r"^x_", "", re.sub(r"\W", "_", snake(claim.path[-1].split(".")[-1])))
        for (oid, column), found in self.evidence.claim_columns.items():
            row = side.main(oid)
            value = row.values.get(column) if row is not None else None
            if found == claim and value is not None and not _ROLE_KEY.search(last):
                return self._shaped(claim, last, value)
        if _ROLE_KEY.search(last):
            return None if re.search(r"admin|super|staff", last) else "member"
        stem = re.sub(r"_?ids?$|s$", "", last)
        named: list[str] = []
        for key, value in side.keys.items():
            if stem and stem in key:
                named.append(value)
        for root in self.axes.roots:
            if isinstance(root, int) and (row := side.main(root)) is not None:
                table = self.world.catalog.relations[root]
                if len(table.key) == 1:
                    value = str(row.values[table.key[0]])
                    if stem and stem in table.name.lower():
                        return self._shaped(claim, last, value)
                    named.append(value)
        return self._shaped(claim, last, named[0]) if named else None

    def _shaped(self, claim: Claim, key: str, value: str) -> Any:
        """A list where rules take its elements; where none tells, as the claim's name sounds."""
        plural = key.endswith(("_ids", "s")) and not key.endswith("ss")
        return [value] if self.evidence.lists.get(claim, plural) else value

    def forged(self, side: Side, person: str, victim: Side) -> Identity:
        """A member who wrote whatever helps into user_metadata and into the request's headers."""
        claims = self.token(side, person)
        lies: dict[str, Any] = {"role": "admin", "is_admin": True, "roles": ["admin"]}
        headers: dict[str, str] = {}
        for claim in self.evidence.claims:
            if not claim.forgeable:
                continue
            if is_capability(self.evidence, claim):
                # Any word opens a rule that asks whether there is one; nobody guesses another's.
                headers[claim.path[-1]] = self.world.common.marks.uuid()
                continue
            value = self.claim_value(victim, claim)
            if _ROLE_KEY.search(claim.path[-1]):
                value = self.wanted(claim) or ("admin" if "role" in claim.path[-1] else True)
            if value is None:
                value = victim.people["main"].id
            if claim.source == "headers":
                headers[claim.path[-1]] = str(value)
            else:
                _put({"user_metadata": lies}, claim.path, value)
        for key, value in victim.keys.items():
            lies.setdefault(key, value)
        claims["user_metadata"] = lies
        return Identity(
            "member, forged user_metadata",
            "authenticated",
            claims,
            side.name,
            person,
            headers,
            self.told(side, "setting"),
        )

    def wanted(self, claim: Claim) -> str | None:
        """The first word that some rule compares the claim with."""
        near = re.search(
            rf"'{re.escape(claim.path[-1].lower())}'[^'=]{{0,60}}=[^']{{0,40}}'([^']+)'",
            self.evidence.text,
        )
        return near.group(1) if near else None

    def platform_admin(self, side: Side) -> Identity:
        claims = self.token(side, "chief" if "chief" in side.people else "main")
        claims["app_metadata"] = {**claims["app_metadata"], "role": "admin"}
        for claim in self.evidence.claims:
            if claim.source == "claims" and not claim.forgeable and claim.path[0] != "role":
                last = claim.path[-1]
                if last in ("role", "user_role"):
                    _put(claims, claim.path, self.wanted(claim) or "admin")
                elif last == "roles":
                    _put(claims, claim.path, ["admin"])
                elif re.search(r"admin|super|staff", last):
                    _put(claims, claim.path, True)
        person = "chief" if "chief" in side.people else "main"
        return Identity(
            "platform admin",
            "authenticated",
            claims,
            side.name,
            person,
            self.told(side, "headers"),
            self.told(side, "setting"),
            privileged=True,
        )

    def before(self) -> list[Identity]:
        """Those who can speak while only A exists."""
        return [Identity("anon", "anon", None), self.member(self.world.a, "main", "member of A")]

    def everyone(self) -> list[Identity]:
        """The cast, in the order of the report; only those that this world can play."""
        a, b = self.world.a, self.world.b
        people = [
            Identity("anon", "anon", None),
            self.member(a, "main", "member of A"),
            self.member(b, "main", "member of B"),
        ]
        for person, name in (
            ("second", "lower role of A"),
            ("off", "disabled member"),
            ("gone", "removed member"),
        ):
            if person in a.people and self._plays(a, person):
                people.append(self.member(a, person, name))
        people += [
            self.member(a, person, f"{person.removeprefix(RANKED)} of A")
            for person in a.people
            if person.startswith(RANKED) and self._plays(a, person)
        ]
        if any(
            c.source == "claims" and not c.forgeable and c.path[0] not in _STANDARD
            for c in self.evidence.claims
        ):
            plain = self.token(a, "main")
            plain = {k: plain[k] for k in ("sub", "role", "aud", "email", "user_metadata")}
            plain["app_metadata"] = {"provider": "email"}
            people.append(Identity("token without claims", "authenticated", plain, "a", "main"))
        no_sub = self.token(a, "main")
        no_sub = {k: v for k, v in no_sub.items() if k in ("role", "aud")}
        people += [
            Identity("token without sub", "authenticated", no_sub),
            Identity("malformed sub", "authenticated", {**no_sub, "sub": "not-a-uuid"}),
            self.forged(a, "main", b),
            self.platform_admin(a),
        ]
        return people

    def _plays(self, side: Side, person: str) -> bool:
        return any(r.person == person for rows in side.rows.values() for r in rows)


_STANDARD = frozenset(
    {
        "sub",
        "email",
        "aud",
        "role",
        "exp",
        "iat",
        "phone",
        "aal",
        "session_id",
        "is_anonymous",
        "iss",
        "amr",
    }
)


def _put(target: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for step in path[:-1]:
        nested = target.setdefault(step, {})
        if not isinstance(nested, dict):
            return
        target = nested
    target[path[-1]] = value
