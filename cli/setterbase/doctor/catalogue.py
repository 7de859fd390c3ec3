"""Every check, in the order in which they are told."""

from __future__ import annotations

from typing import Final

from setterbase.doctor.checks import database, http, keys
from setterbase.doctor.checks.database import told_by
from setterbase.doctor.model import Check, Finding, World


def _reached(world: World) -> tuple[Finding, ...]:
    """The database answers; when it does not, nothing that needs it can be seen."""
    error = world.place.error
    return (Finding(error.message, error.hint or "See docs/targets.md."),) if error else ()


CHECKS: Final = (
    Check("keys", "every key is of the kind that its name says", (), keys.keys),
    Check("urls", "addresses are whole, and of one project", (), keys.urls),
    Check("database", "the database answers", (), _reached),
    Check("secret_key", "the secret key opens the API", ("api",), http.secret_key),
    Check("publishable_key", "the publishable key opens nothing alone", ("api",),
          http.publishable_key),
    Check("exposed_schemas", "the API exposes no private schema", ("api",), http.exposed_schemas),
    Check("same_project", "API and database belong together", ("api", "schema"),
          http.same_project),
    Check("functions", "the edge functions are deployed", ("api",), http.functions),
    Check("clock", "all clocks agree", (), http.clock),
    Check("server", "the server and the session are fit", ("database",), told_by("server")),
    Check("roles", "the API roles have no power of their own", ("database",), told_by("roles")),
    Check("settings", "nothing is set above the dashboard", ("database",), told_by("settings")),
    Check("timeouts", "statements end in time", ("database",), told_by("timeouts")),
    Check("signed_in_user", "auth.uid() bears a request of nobody", ("database",),
          database.nobody),
    Check("migrations", "the migrations are applied", ("database",), database.migrations),
    Check("row_level_security", "it is on for every table in reach", ("database",),
          told_by("row_level_security")),
    Check("private_schema", "private is no way in", ("schema",), told_by("private_schema")),
    Check("materialized_views", "no client reads a materialized view", ("database",),
          told_by("materialized_views")),
    Check("missing_grants", "what clients need is granted", ("schema",),
          told_by("missing_grants")),
    Check("owners", "everything has one owner", ("schema",), told_by("owners")),
    Check("triggers", "no trigger is switched off", ("schema",), told_by("triggers")),
    Check("indexes", "every index is whole", ("schema",), told_by("indexes")),
    Check("jobs", "the jobs run", ("schema",), database.jobs),
    Check("freshness", "figures are fresh, and no event waits", ("schema",),
          told_by("freshness")),
)  # fmt: skip
