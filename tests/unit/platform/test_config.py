"""supabase/config.toml, as far as the API goes by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from setterbase.errors import PlatformError
from setterbase.platform.api import config


def project(folder: Path, text: str) -> config.Config:
    (folder / "supabase").mkdir(exist_ok=True)
    (folder / "supabase/config.toml").write_text(text)
    return config.read(folder)


def entry(folder: Path, path: str) -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("Deno.serve(() => new Response());")
    return file


def test_without_a_file_everything_is_as_the_official_cli_has_it(tmp_path: Path) -> None:
    empty = config.read(tmp_path)
    assert empty.get("api.max_rows", 1000) == 1000
    assert config.functions(empty) == {}
    assert config.api_port(empty) is None


def test_values_may_stand_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = project(tmp_path, '[auth]\nsite_url = "env(SITE)"\n')
    assert given.get("auth.site_url", "http://x") == "http://x"
    monkeypatch.setenv("SITE", "http://y")
    assert given.get("auth.site_url", "http://x") == "http://y"


def test_a_wrong_type_and_a_broken_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match=r"api\.max_rows is 'many', and int is expected"):
        project(tmp_path, "[api]\nmax_rows = 'many'\n").get("api.max_rows", 1000)
    with pytest.raises(PlatformError, match="cannot read"):
        project(tmp_path, "[api\n")


def test_functions_are_those_that_are_named_and_those_that_are_there(tmp_path: Path) -> None:
    there = entry(tmp_path, "supabase/functions/there/index.ts")
    entry(tmp_path, "supabase/functions/_shared/index.ts")
    entry(tmp_path, "supabase/functions/off/index.ts")
    named = entry(tmp_path, "edge_functions/named/index.ts")
    shared = tmp_path / "edge_functions/deno.json"
    shared.write_text("{}")
    found = config.functions(
        project(
            tmp_path,
            "[functions.named]\nverify_jwt = false\n"
            'entrypoint = "../edge_functions/named/index.ts"\n'
            "[functions.off]\nenabled = false\n",
        )
    )
    assert found == {
        "named": {
            "entrypoint": str(named),
            "config": str(shared),
            "root": str(named.parent.parent),
            "verify_jwt": False,
        },
        "there": {
            "entrypoint": str(there),
            "config": None,
            "root": str(there.parent.parent),
            "verify_jwt": True,
        },
    }


def test_a_function_without_its_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="the edge function gone has no"):
        config.functions(project(tmp_path, "[functions.gone]\nverify_jwt = false\n"))
