"""Which schemas are the project's own, and which of them the API serves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MANAGED = frozenset(
    [
        "auth",
        "storage",
        "realtime",
        "_realtime",
        "extensions",
        "graphql",
        "graphql_public",
        "vault",
        "pgsodium",
        "net",
        "cron",
        "supabase_functions",
        "supabase_migrations",
        "pgbouncer",
        "_analytics",
        "_supavisor",
        "pgmq_public",
        "pgsodium_masks",
        "pgtle",
        "repack",
        "tiger",
        "topology",
        "pgmq",
    ]
)
ATTACKED_THERE = frozenset({"storage.objects", "storage.buckets", "realtime.messages"})
_HIDDEN = re.compile(r"^(_.*|private|internal|hidden|secret|secure|admin_only|app_private)$")


def is_managed(schema: str) -> bool:
    return schema in MANAGED


def configured_schemas(setting: str) -> tuple[str, ...]:
    """The project's own schemas of a `pgrst.db_schemas`, there or not."""
    names = (n.strip().strip('"') for n in setting.split(","))
    return tuple(n for n in names if n and not is_managed(n))


def exposed_schemas(
    wanted: Sequence[str],
    configured: Sequence[str] | None,
    reachable: Iterable[str],
    helpers: Iterable[str] = (),
) -> tuple[tuple[str, ...], str]:
    """The schemas to attack and why these: asked for, configured on the API's role, or reachable.

    `reachable` are the schemas on which an API role has usage. Without a setting, a schema that
    calls itself private is taken for one that the API does not serve, and so is one of `helpers`,
    which holds nothing but functions that rules call.
    """
    if wanted:
        return tuple(wanted), "asked for"
    if configured is not None:
        return tuple(configured), "pgrst.db_schemas"
    names = sorted(n for n in reachable if not is_managed(n) and not _HIDDEN.match(n))
    left_out = sorted(set(helpers) & set(names) - {"public"})
    why = "an API role has usage"
    if left_out:
        why += f"; {', '.join(left_out)} holds only functions that rules call"
    return tuple(n for n in names if n not in left_out), why
