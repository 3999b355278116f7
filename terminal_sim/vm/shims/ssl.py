"""The `ssl` module of the simulated board, which has no TLS and says so."""

PROTOCOL_TLS_CLIENT = 0
CERT_NONE = 0
CERT_REQUIRED = 2


class SSLContext:
    """Refuses to exist: a connection that looks encrypted and is not would be worse than none."""

    def __init__(self, protocol):
        raise OSError("the simulator has no TLS: give the ledger's address as http://")
