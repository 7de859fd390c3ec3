"""HTTP clients of a project: silent in logs, and with no proxy between a machine and itself."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx


def client(url: str, headers: Mapping[str, str], seconds: float) -> httpx.Client:
    """A client of the project at `url`; its connections are closed with it.

    The proxies of the environment are for the world outside: a proxy that is asked for 127.0.0.1
    looks on its own machine.
    """
    import logging

    import httpx

    # Where somebody turned logging on they would tell addresses, and the key among the headers.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return httpx.Client(
        base_url=url, headers=headers, timeout=seconds, trust_env=not is_loopback(url)
    )


def is_loopback(url: str) -> bool:
    """Whether the address is one of this machine."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # a name, or no address at all
        return False
