"""Being somebody to the database, as PostgREST makes one of a request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg import sql

Role = Literal["anon", "authenticated", "service_role"]


@contextmanager
def acting_as(
    connection: psycopg.Connection[Any],
    role: Role = "authenticated",
    claims: Mapping[str, Any] | None = None,
    *,
    sub: UUID | str | None = None,
) -> Iterator[psycopg.Connection[Any]]:
    """Within the block `connection` has `role` and the token's `claims`, then is itself again.

    `sub` is short for the claim of that name. What the block writes stays in the surrounding
    transaction; what it breaks is rolled back to where it began, so that a denial can be expected
    around it: `with pytest.raises(InsufficientPrivilege), acting_as(db, sub=stranger): …`.
    """
    token = {"role": role, **({"sub": str(sub)} if sub is not None else {}), **(claims or {})}
    with connection.transaction():
        connection.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(token)])
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        yield connection
        connection.execute("reset role")
        connection.execute("select set_config('request.jwt.claims', '', true)")
