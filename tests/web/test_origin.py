"""Whom a request came from: a trusted proxy's word, never a client's."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from ledger.web.origin import client_address, is_https, is_loopback

PROXIES = (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "origin"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.9", "192.0.2.7"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "198.51.100.9, 192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "198.51.100.9, 192.0.2.7, 10.1.2.3", "192.0.2.7"),
        ("127.0.0.1", "192.0.2.7, nonsense", "127.0.0.1"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("::ffff:127.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("fd00::1", "2001:db8::7%" + "x" * 500, "2001:db8::7"),
        ("", "192.0.2.7", ""),
    ],
)
def test_what_a_proxy_heard_counts_and_what_a_client_wrote_does_not(peer, forwarded, origin):
    assert client_address(peer, forwarded, PROXIES) == origin


def test_without_a_configured_proxy_the_peer_is_the_origin():
    assert client_address("127.0.0.1", "192.0.2.7", ()) == "127.0.0.1"


@pytest.mark.parametrize(
    ("peer", "is_here"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("192.0.2.7", False), ("", False)],
)
def test_this_machine_is_known(peer, is_here):
    assert is_loopback(peer) is is_here


@pytest.mark.parametrize(
    ("peer", "scheme", "told", "is_safe"),
    [
        ("192.0.2.7", "https", "", True),
        ("192.0.2.7", "http", "https", False),
        ("127.0.0.1", "http", "https", True),
        ("127.0.0.1", "http", "http", False),
        ("127.0.0.1", "http", "", False),
        ("nonsense", "http", "https", False),
    ],
)
def test_https_is_what_we_are_asked_by_or_what_a_trusted_proxy_was(peer, scheme, told, is_safe):
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": scheme, "HTTP_X_FORWARDED_PROTO": told}
    assert is_https(environ, PROXIES) is is_safe
