"""TLS to the ledger, against a real server: only the pinned CA and the right name are trusted."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from system import tls

PATIENCE_S = 20


def certificate(name, key, issuer=None, issuer_key=None):
    """Return a certificate for a name, by itself or by an issuer."""
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(subject).public_key(key.public_key())
    made = made.issuer_name(issuer.subject if issuer else subject).serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return made.sign(issuer_key or key, hashes.SHA256())


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """Return a folder with two CAs in DER, and a server's key and certificate by the first, for localhost."""
    folder = tmp_path_factory.mktemp("papers")
    ours, foreign, server = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    authority = certificate("ours", ours)
    (folder / "ours.der").write_bytes(authority.public_bytes(Encoding.DER))
    (folder / "foreign.der").write_bytes(certificate("foreign", foreign).public_bytes(Encoding.DER))
    signed = certificate("localhost", server, authority, ours)
    (folder / "server.pem").write_bytes(signed.public_bytes(Encoding.PEM))
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.key").write_bytes(server.private_bytes(*plain))
    return folder


@asynccontextmanager
async def served(papers):
    """Serve one word to each who is let in; gives the port."""

    async def greet(_reader, writer):
        writer.write(b"hello")
        await writer.drain()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(papers / "server.pem", papers / "server.key")
    async with await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]


def hear(papers, ca, host="localhost"):
    """Return what a device hears that trusts this CA."""

    async def talk():
        async with served(papers) as port:
            reader, writer = await tls.opener(tls.verified_context(str(papers / ca)))(host, port)
            heard = await reader.read()
            writer.close()
            return heard

    return asyncio.run(asyncio.wait_for(talk(), PATIENCE_S))


def test_a_server_with_a_certificate_of_the_pinned_ca_is_heard(papers):
    assert hear(papers, "ours.der") == b"hello"


def test_a_certificate_of_another_ca_is_refused(papers):
    with pytest.raises(ValueError, match="verify failed"):
        hear(papers, "foreign.der")


def test_a_certificate_for_another_name_is_refused(papers):
    with pytest.raises(ValueError, match="verify failed"):
        hear(papers, "ours.der", host="127.0.0.1")


def test_without_a_readable_ca_there_is_no_context_that_trusts_anybody(papers):
    with pytest.raises(OSError):
        tls.verified_context(str(papers / "none.der"))
    (papers / "broken.der").write_bytes(b"\x30\x03 no certificate")
    with pytest.raises((OSError, ValueError)):
        tls.verified_context(str(papers / "broken.der"))
