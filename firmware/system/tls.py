"""TLS to the ledger: the server's certificate is verified, always."""

import asyncio
import ssl

from system.log import log


def verified_context(ca_path):
    """Return a client context that trusts only the CA certificate (DER) in this file; OSError without it.

    MicroPython's context verifies nothing until it is told to.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    with open(ca_path, "rb") as file:
        context.load_verify_locations(cadata=file.read())
    return context


def set_clock(time_server):
    """Set the clock from the network; OSError when the server does not answer within a second.

    A device starts in the year 2000, when no certificate was valid yet. The clock serves for nothing else.
    """
    import ntptime

    ntptime.host = time_server
    ntptime.settime()
    log("clock", "set")


def opener(context):
    """Return open_stream(host, port) over this context; a bad certificate raises ValueError."""

    async def open_stream(host, port):
        return await asyncio.open_connection(host, port, ssl=context, server_hostname=host)

    return open_stream
