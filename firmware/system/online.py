"""The way to the ledger of a board with WiFi: supervised, with a verified certificate."""

from system.config import ConfigError

_CA_PATH = "/ca.der"


def add_network(parts, config):
    """Give the parts their network; raises ConfigError for settings that are missing or not safe."""
    import network

    from system.wifi import WiFi

    if not config.wifi.get("ssid"):
        raise ConfigError("wifi: ssid is missing")
    wifi = WiFi(network.WLAN(network.STA_IF), config.wifi, config.address, parts.backoff())
    parts.tasks = (("wifi", wifi.run, 90000),)
    if not config.is_tls:
        # The terminal's token would travel in the open.
        if not config.allow_plain_http:
            raise ConfigError("ledger_url: https is needed here")
        return
    from system import tls

    try:
        parts.open_stream = tls.opener(tls.verified_context(_CA_PATH))
        wifi.on_connected = lambda: tls.set_clock(config.time_server)
    except (OSError, ValueError):
        raise ConfigError("ca.der is missing or no CA certificate")
