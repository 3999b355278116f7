"""A coin acceptor on ccTalk: a half-duplex line with echo, coin ids, inhibits and the credit buffer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from terminal_sim.chips.bus import Timeline
from terminal_sim.chips.cctalk_faults import CcTalkFaults, make_noise
from terminal_sim.chips.cctalk_frames import ACK, HOST, NAK, Message, decode, encode

EURO_COINS = ("EU200A", "EU100A", "EU050A", "EU020A", "EU010A", "EU005A", "EU002A", "EU001A")
POSITIONS = 16
NO_COIN = b"......"
REJECTED, INHIBITED = 1, 2
_PAIRS = 5
_READ_CREDIT = 229
_BYTE_US = 1_042
# From the coin's fall to its event, and from the power to the first answer.
_VALIDATION_US = 180_000
_START_US = 250_000
_ANSWER_US = 3_000


def _nowhere(_data: bytes) -> None:
    """Be heard by nobody, before the first device is wired."""


@dataclass
class Till:
    """Where the coins went, in cents.

    `accepted`: all that fell into the box. `unread`: of these, what no answer ever told the host before
    a reset forgot it.
    """

    accepted_cents: int = 0
    unread_cents: int = 0


class CcTalkAcceptor:
    """The acceptor with a supply of its own: it goes on when the device loses its power.

    It is a OneWireDevice at 9600 baud, attached again after each start of the device. After power-up and
    after a reset its event counter is 0, its buffer empty and all coins are inhibited.
    """

    def __init__(
        self,
        timeline: Timeline,
        coins: tuple[str, ...] = EURO_COINS,
        *,
        address: int = 2,
        uses_crc: bool = False,
    ) -> None:
        self._timeline = timeline
        self._coins = coins
        self._address = address
        self._uses_crc = uses_crc
        self.send: Callable[[bytes], None] = _nowhere
        self.echo: Callable[[bytes], None] = _nowhere
        self.faults = CcTalkFaults()
        self.till = Till()
        self.heard: list[int] = []
        self._powered = True
        self._starts = 0
        self._busy_until_us = 0
        self._deaf_until_us = 0
        self._begin()

    @property
    def counter(self) -> int:
        """The event counter: 0 after a reset, then 1 to 255 and again 1."""
        return self._counter

    @property
    def busy(self) -> bool:
        """Whether a coin is between its fall and its event."""
        return self._timeline.now_us() < self._busy_until_us

    def insert(self, cents: int) -> bool:
        """Insert a euro coin; False when it falls through."""
        return self.insert_coin(f"EU{cents:03d}A", cents)

    def takes(self, coin: str) -> bool:
        """Tell whether this coin, inserted now, would fall into the box."""
        if not self._powered or not self._is_master_open or coin not in self._coins:
            return False
        return bool(self._enabled >> self._coins.index(coin) & 1)

    def insert_coin(self, coin: str, cents: int = 0) -> bool:
        """Insert a coin by its id; False when it falls through, which is an event without a credit."""
        is_taken = self.takes(coin)
        starts = self._starts
        if is_taken:
            self.till.accepted_cents += cents
            self.till.unread_cents += cents
        pair = (self._coins.index(coin) + 1, 1) if is_taken else (0, self._code_of(coin))

        def fallen() -> None:
            if self._powered and starts == self._starts:
                self.event(pair, cents if is_taken else 0)

        self._busy_until_us = max(self._timeline.now_us(), self._busy_until_us) + _VALIDATION_US
        self._timeline.at(self._busy_until_us, fallen)
        return is_taken

    def event(self, pair: tuple[int, int], cents: int = 0) -> None:
        """Count an event: the newest pair stands first, the sixth is forgotten."""
        self._counter = self._counter + 1 if self._counter < 255 else 1
        self._pairs = [pair, *self._pairs[: _PAIRS - 1]]
        self._untold_cents += cents

    def reset(self) -> None:
        """Start again at this moment, whatever it was doing."""
        self._begin()

    def power(self, on: bool) -> None:
        """Switch its supply."""
        if on != self._powered:
            self._powered = on
            self._begin()

    def make_noise(self, seconds: float, seed: int = 1) -> None:
        """Put garbage on the line for a while."""
        make_noise(lambda data: self.send(data), self._timeline, int(seconds * 1_000_000), seed)

    def forge(self, counter: int, pairs: list[tuple[int, int]]) -> None:
        """Set counter and buffer as a history made them that the test does not play."""
        self._counter, self._pairs = counter, (pairs + [(0, 0)] * _PAIRS)[:_PAIRS]

    def _begin(self) -> None:
        self._starts += 1
        self._deaf_until_us = self._timeline.now_us() + _START_US
        self._counter = 0
        self._pairs = [(0, 0)] * _PAIRS
        self._untold_cents = 0
        self._enabled = 0
        self._is_master_open = True

    def _code_of(self, coin: str) -> int:
        return INHIBITED if coin in self._coins else REJECTED

    def receive(self, data: bytes) -> None:
        """Take what the microcontroller has sent, and what it hears of itself."""
        data = self.faults.on_the_way_out(data)
        self.echo(data)
        message = decode(data, uses_crc=self._uses_crc)
        if message is None or message.destination not in (0, self._address):
            return
        if not self._powered or self._timeline.now_us() < self._deaf_until_us:
            return
        self.heard.append(message.header)
        starts = self._starts
        self._timeline.at(self._timeline.now_us() + _ANSWER_US, lambda: self._obey(message, starts))

    def _obey(self, message: Message, starts: int) -> None:
        if not self._powered or starts != self._starts:
            return
        answer = self._answers().get(message.header, lambda _data: None)(message.data)
        header = NAK if answer is None else ACK
        if message.header in self.faults.keeps_quiet_about:
            return
        reply = Message(HOST, self._address, header, answer or b"")
        sent = encode(reply, uses_crc=self._uses_crc)
        arrives = self.faults.on_the_way_back(sent, uses_crc=self._uses_crc)
        send, begins_us = self.send, self._timeline.now_us() + self.faults.late_us
        self._timeline.at(begins_us, lambda: send(arrives))
        if message.header == _READ_CREDIT and arrives == sent:
            told_cents, self._untold_cents = self._untold_cents, 0
            self._timeline.at(begins_us + len(sent) * _BYTE_US, lambda: self._told(told_cents))

    def _told(self, cents: int) -> None:
        self.till.unread_cents -= cents

    def _answers(self) -> dict[int, Callable[[bytes], bytes | None]]:
        return {
            254: lambda _data: b"",
            246: lambda _data: b"SIM",
            245: lambda _data: b"Coin Acceptor",
            244: lambda _data: b"SIM-8",
            231: self._modify_inhibits,
            230: lambda _data: self._enabled.to_bytes(2, "little"),
            _READ_CREDIT: lambda _data: bytes(
                [self._counter, *(byte for pair in self._pairs for byte in pair)]
            ),
            228: self._modify_master,
            227: lambda _data: bytes([self._is_master_open]),
            184: self._coin_id,
        }

    def _modify_inhibits(self, data: bytes) -> bytes | None:
        if len(data) != 2:
            return None
        self._enabled = int.from_bytes(data, "little")
        return b""

    def _modify_master(self, data: bytes) -> bytes | None:
        if len(data) != 1:
            return None
        self._is_master_open = bool(data[0] & 1)
        return b""

    def _coin_id(self, data: bytes) -> bytes | None:
        if len(data) != 1 or not 1 <= data[0] <= POSITIONS:
            return None
        coins = [coin.encode() for coin in self._coins]
        return (coins + [NO_COIN] * POSITIONS)[data[0] - 1]
