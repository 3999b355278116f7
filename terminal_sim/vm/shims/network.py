"""The `network` module of the device: a station whose link the simulator plugs and unplugs."""

import _host

STA_IF = 0
AP_IF = 1
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP, STAT_NO_AP_FOUND = 1000, 1001, 1010, 201


class WLAN:
    """The WiFi station; connected while it is active, was told a network, and the link is up."""

    IF_STA = STA_IF
    IF_AP = AP_IF
    _is_active = False
    _ssid = None

    def __init__(self, interface=STA_IF):
        self._interface = interface

    def active(self, is_active=None):
        """Switch the radio, or tell whether it is on."""
        if is_active is not None:
            WLAN._is_active = bool(is_active)
        return WLAN._is_active

    def connect(self, ssid=None, key=None, **_):
        """Join a network."""
        if not WLAN._is_active:
            raise OSError("WiFi is not active")
        WLAN._ssid = ssid

    def disconnect(self):
        """Leave the network."""
        WLAN._ssid = None

    def isconnected(self):
        """Tell whether there is an address."""
        return WLAN._is_active and WLAN._ssid is not None and bool(_host.link())

    def status(self, parameter=None):
        """Tell the state of the link, or its signal in dBm."""
        if parameter == "rssi":
            return -60
        if WLAN._ssid is None:
            return STAT_IDLE
        return STAT_GOT_IP if self.isconnected() else STAT_NO_AP_FOUND

    def ifconfig(self, *_):
        """Return address, mask, gateway and name server."""
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")

    def config(self, *names, **_):
        """Accept any setting; the address of the radio is a fixed one."""
        return b"\x02\x00\x00\x00\x00\x01" if names == ("mac",) else None


def hostname(name=None):
    """Return the name of the device."""
    return "simulator"


def country(code=None):
    """Return the radio's country."""
    return "XX"
