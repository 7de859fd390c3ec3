"""The port of the API: remembered, asked for, and taken by somebody else."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.support.api import names_of
from tests.support.homes import Homes

pytestmark = pytest.mark.slow


def test_a_port_in_use_is_told_with_the_setting_that_changes_it(homes: Homes) -> None:
    home = homes()
    home.run("up")
    port = int(names_of(home)["API_URL"].rpartition(":")[2])
    home.run("down")
    with listening(port):
        said = home.run("up", code=5).stderr
        assert f"port {port}" in said
        assert "SETTERBASE_API_PORT" in said
        assert home.status().state == "running"  # the database came up before
        home.environment["SETTERBASE_API_PORT"] = str(port)
        assert "change SETTERBASE_API_PORT" in home.run("up", code=5).stderr
        with socket.create_server(("127.0.0.1", 0)) as probe:
            free = probe.getsockname()[1]
        home.environment["SETTERBASE_API_PORT"] = str(free)
        home.run("up")
        assert names_of(home)["API_URL"].endswith(f":{free}")
    home.environment["SETTERBASE_API_PORT"] = "many"
    home.run("down")
    assert "which is no port" in home.run("up", code=5).stderr


def test_the_port_of_the_projects_configuration(homes: Homes, open_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    project = open_folder / "project"
    (project / "supabase").mkdir(parents=True)
    (project / "supabase/config.toml").write_text(f"[api]\nport = {port}\n")
    home = homes("project/.setterbase")
    home.project = project
    home.run("up")
    assert names_of(home)["API_URL"].endswith(f":{port}")
    home.run("down")
    with listening(port):
        assert "`port` of [api] in supabase/config.toml" in home.run("up", code=5).stderr
    (project / "supabase/config.toml").write_text("[api]\nport = 'x'\n")
    assert "api.port is 'x'" in home.run("up", code=5).stderr


def listening(port: int) -> socket.socket:
    other = socket.socket()
    other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    other.bind(("127.0.0.1", port))
    other.listen()
    return other
