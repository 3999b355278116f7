"""Who sends a request: its credential; the peer of the connection, or whom a trusted proxy names."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from ledger.settings import Network


def origin_of(environ: dict[str, Any], proxies: tuple[Network, ...]) -> str:
    """Return the address that a WSGI request came from."""
    return client_address(environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", ""), proxies)


def is_https(environ: dict[str, Any], proxies: tuple[Network, ...]) -> bool:
    """Say whether the client asks over HTTPS: us, or a trusted proxy that says so."""
    address = _address(environ.get("REMOTE_ADDR", ""))
    if address is not None and any(address in network for network in proxies):
        return environ.get("HTTP_X_FORWARDED_PROTO", "") == "https"
    return environ.get("wsgi.url_scheme") == "https"


def bearer_token_of(environ: dict[str, Any]) -> str:
    """Return the token of `Authorization: Bearer …`, or an empty string."""
    scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


@lru_cache(1024)
def client_address(peer: str, forwarded: str, proxies: tuple[Network, ...]) -> str:
    """Return the address that a request came from.

    `forwarded` is its X-Forwarded-For: each proxy has added to its end whom it heard. So it is read
    from the end, for as long as the one who says so is a trusted proxy; what anybody else wrote is
    hearsay, and a client can write whatever it likes.
    """
    origin = peer
    for heard in [peer, *reversed(forwarded.split(","))]:
        address = _address(heard)
        if address is None:
            break
        origin = str(address)
        if not any(address in network for network in proxies):
            break
    return origin


def is_loopback(peer: str) -> bool:
    """Say whether the other end of the connection is on this machine."""
    address = _address(peer)
    return address is not None and address.is_loopback


def _address(written: str) -> IPv4Address | IPv6Address | None:
    try:
        # A scope (fe80::1%eth0) is a word of the writer's own.
        address = ip_address(written.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
