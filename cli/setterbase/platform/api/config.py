"""What supabase/config.toml says about the API, with the defaults of the official CLI."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from setterbase.errors import PlatformError


@dataclass(frozen=True)
class Config:
    """The parsed file, an empty one where there is none; and the folder of the project."""

    project: Path
    values: dict[str, Any]

    def get(self, path: str, default: Any) -> Any:
        """The value at a dotted path, `env(NAME)` resolved. Raises PlatformError on another type.

        A default of None takes any type.
        """
        value: Any = self.values
        for step in path.split("."):
            if not isinstance(value, dict) or step not in value:
                return default
            value = value[step]
        if isinstance(value, str) and (named := re.fullmatch(r"env\((\w+)\)", value)):
            value = os.environ.get(named[1], default)
        if default is not None and type(value) is not type(default):
            raise PlatformError(
                f"{self.project}/supabase/config.toml: {path} is {value!r}, and"
                f" {type(default).__name__} is expected.",
                hint="Mend that line.",
            )
        return value


def read(project: Path) -> Config:
    """The configuration of `project`. Raises PlatformError when the file is no TOML."""
    file = project / "supabase" / "config.toml"
    try:
        with file.open("rb") as stream:
            return Config(project, tomllib.load(stream))
    except FileNotFoundError:
        return Config(project, {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise PlatformError(f"cannot read {file}: {error}.", hint="Mend that file.") from None


def api_port(config: Config) -> tuple[int, str] | None:
    """The port that was asked for and the name of the setting that did; None when nobody did."""
    if named := os.environ.get("SETTERBASE_API_PORT"):
        if not named.isdecimal() or not 0 < int(named) < 65536:
            raise PlatformError(
                f"SETTERBASE_API_PORT is {named!r}, which is no port.",
                hint="Give a number from 1 to 65535, or unset it.",
            )
        return int(named), "SETTERBASE_API_PORT"
    if port := config.get("api.port", 0):
        return int(port), "`port` of [api] in supabase/config.toml, or SETTERBASE_API_PORT"
    return None


def functions(config: Config) -> dict[str, dict[str, Any]]:
    """The edge functions by name: entrypoint, config (or None), root, verify_jwt.

    Those that the file names, and every folder of `supabase/functions/` with an index.ts.
    """
    base = config.project / "supabase"
    named: dict[str, Any] = config.get("functions", {})
    found = {index.parent.name: index for index in sorted(base.glob("functions/*/index.ts"))}
    result = {}
    for name in sorted({*found, *named}):
        if name.startswith("_") or not config.get(f"functions.{name}.enabled", True):
            continue
        given = config.get(f"functions.{name}.entrypoint", "")
        entrypoint = (base / given).resolve() if given else base / "functions" / name / "index.ts"
        if not entrypoint.is_file():
            raise PlatformError(
                f"the edge function {name} has no {entrypoint}.",
                hint=f"Mend `entrypoint` of [functions.{name}] in supabase/config.toml, or say"
                " `enabled = false` there.",
            )
        result[name] = {
            "entrypoint": str(entrypoint),
            "config": _import_map(config, base, name, entrypoint),
            "root": str(entrypoint.parent.parent),
            "verify_jwt": config.get(f"functions.{name}.verify_jwt", True),
        }
    return result


def _import_map(config: Config, base: Path, name: str, entrypoint: Path) -> str | None:
    """The deno.json of a function: the one that is named, its own, or the one that all share."""
    if given := config.get(f"functions.{name}.import_map", ""):
        return str((base / given).resolve())
    for folder in (entrypoint.parent, entrypoint.parent.parent):
        for file in ("deno.json", "deno.jsonc"):
            if (folder / file).is_file():
                return str(folder / file)
    return None
