"""Looking at a target: every check in turn, and what could not be seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from setterbase.doctor import api, place
from setterbase.doctor.catalogue import CHECKS
from setterbase.doctor.model import Check, Finding, Need, Result, UnseenError, World
from setterbase.errors import SetterbaseError

if TYPE_CHECKING:
    from setterbase.doctor.place import Place
    from setterbase.migrations.files import MigrationFile


def examine(
    files: Sequence[MigrationFile] | None, checks: Iterable[Check] = CHECKS
) -> list[Result]:
    """What each check came to, for the target that the environment names."""
    with opened(place.read(), files) as world:
        return [look(check, world) for check in checks]


@contextmanager
def opened(where: Place, files: Sequence[MigrationFile] | None) -> Iterator[World]:
    """Everything of a target that answers; what does not is noted with the reason."""
    from setterbase import db

    world, unseen = World(where, files=files), dict[Need, str]()
    with ExitStack() as stack:
        if where.target is not None:
            try:
                connection = stack.enter_context(db.connect(where.target, autocommit=True))
            except SetterbaseError as error:
                world = replace(world, place=replace(where, error=error))
            else:
                world = replace(world, connection=connection)
                is_ours = connection.execute(
                    db.query("is_ours", "setterbase.doctor.queries")
                ).fetchone()
                if is_ours != (True,):
                    unseen["schema"] = "there is no Setterbase schema, or an older one"
        if world.connection is None:
            unseen["database"] = unseen["schema"] = "the database does not answer"
        if where.api_url is None:
            unseen["api"] = (
                "the API of the embedded platform is down; `setterbase up` starts it"
                if where.is_embedded
                else "SUPABASE_URL is not set"
            )
        else:
            world = replace(world, project=stack.enter_context(api.connect(where.api_url)))
        yield replace(world, unseen=tuple(unseen.items()))


def look(check: Check, world: World) -> Result:
    """What one check came to. Raises SetterbaseError when the connection is lost meanwhile."""
    import psycopg

    unseen = dict(world.unseen)
    why = next((unseen[need] for need in check.needs if need in unseen), None)
    findings: tuple[Finding, ...] = ()
    if why is None:
        try:
            findings = tuple(check.look(world))
        except UnseenError as error:
            why = str(error)
        except api.SilentError as error:
            why = f"the API does not answer: {error}"
        except psycopg.errors.InsufficientPrivilege as error:
            why = f"this role may not look: {error.diag.message_primary}"
        except SetterbaseError as error:
            if world.connection is not None and world.connection.broken:
                raise
            why = error.message.rstrip(".")
    return Result(check.name, check.title, findings, why)
