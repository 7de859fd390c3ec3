"""Clients of a project: which addresses are this machine's own, and that no proxy is in between."""

from __future__ import annotations

import pytest

from setterbase import web


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://127.0.0.1:29400", True),
        ("http://127.9.9.9/", True),
        ("http://localhost:1", True),
        ("http://[::1]:1/", True),
        ("https://abc.supabase.co", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://10.0.0.1", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_what_is_this_machine(url: str, own: bool) -> None:
    assert web.is_loopback(url) is own


@pytest.mark.parametrize(
    ("url", "proxied"), [("http://127.0.0.1:1", False), ("https://abc.supabase.co", True)]
)
def test_a_proxy_is_for_the_world_outside(
    url: str, proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with web.client(url, {}, 1.0) as client:
        transports = [transport for transport in client._mounts.values() if transport]
        assert bool(transports) is proxied
