"""An MFRC522 at the level of its registers (data sheet, chapter 9): FIFO, interrupts, CRC, timer, air."""

from __future__ import annotations

from collections import deque

from terminal_sim.chips.bus import Timeline
from terminal_sim.chips.cards import Card, PlainCard
from terminal_sim.chips.iso14443a import CardOnAir, Heard, crc_a, heard_together
from terminal_sim.chips.mfrc522_faults import MFRC522Faults

COMMAND, COM_IRQ, DIV_IRQ, ERROR = 0x01, 0x04, 0x05, 0x06
FIFO_DATA, FIFO_LEVEL, CONTROL, BIT_FRAMING, COLL = 0x09, 0x0A, 0x0C, 0x0D, 0x0E
TX_CONTROL, TX_ASK, CRC_HIGH, CRC_LOW = 0x14, 0x15, 0x21, 0x22
TIMER_MODE, TIMER_PRESCALER, TIMER_RELOAD_HIGH, TIMER_RELOAD_LOW, VERSION = 0x2A, 0x2B, 0x2C, 0x2D, 0x37

IDLE, CALC_CRC, TRANSCEIVE, SOFT_RESET = 0x00, 0x03, 0x0C, 0x0F
_READ = 0x80
_SET = 0x80
_FLUSH = 0x80
_START_SEND = 0x80
_RX_IRQ, _TIMER_IRQ, _CRC_IRQ = 0x20, 0x01, 0x04
_COLLISION_ERROR, _OVERFLOW_ERROR = 0x08, 0x10
_COLLISION_AT_NOWHERE = 0x20
_LAST_KNOWN_COLLISION = 32
_BOTH_DRIVERS = 0x03
_FULL_ASK = 0x40
_TIMER_AUTO = 0x80
_FIFO_BYTES = 64
# What the registers hold after a reset, where that is not 0 (9.2).
_AFTER_RESET = {COMMAND: 0x20, COM_IRQ: 0x14, CONTROL: 0x10, COLL: 0x80, 0x11: 0x3F, TX_CONTROL: 0x80}

START_UP_US = 1_000
_CARD_WAKES_US = 5_000
# 106 kbit/s, nine bits a byte with its parity; a card answers 91 µs after the last bit.
_BIT_US = 9.44
_ANSWER_AFTER_US = 91
_MEGAHERTZ = 13.56


class MFRC522Chip:
    """The reader chip on SPI, powered from the start, NRSTPD high. Cards hear only a field that is on.

    Of anticollision it plays the frames with whole bytes: NVB 20 and 70.
    """

    def __init__(self, timeline: Timeline, *, version: int = 0x92) -> None:
        self._timeline = timeline
        self._version = version
        self._on_air: list[CardOnAir] = []
        self._powered = True
        self._reset_level = 1
        self._address: int | None = None
        self.faults = MFRC522Faults()
        self._start_up()

    @property
    def cards(self) -> tuple[Card, ...]:
        """The cards that lie on the antenna now."""
        return tuple(each.card for each in self._on_air)

    @property
    def field_on(self) -> bool:
        """Whether the RF field is on."""
        return self._registers[TX_CONTROL] & _BOTH_DRIVERS == _BOTH_DRIVERS

    def place(self, card: bytes | Card) -> Card:
        """Put a card, or a plain card of this UID, on the reader beside what lies there; return it."""
        placed = PlainCard(card) if isinstance(card, (bytes, bytearray)) else card
        placed.enter_field()
        self._on_air.append(CardOnAir(placed))
        return placed

    def remove(self, card: bytes | Card | None = None) -> None:
        """Take a card away, by itself or by its UID; None takes away whatever lies there."""
        self._on_air = [
            each for each in self._on_air if card is not None and card not in (each.card, each.card.uid)
        ]

    def reset(self, level: int) -> None:
        """Set NRSTPD: 0 stops the chip, and with 1 it starts as after power-up."""
        if level != self._reset_level:
            self._reset_level = level
            self._start_up()

    def power(self, on: bool) -> None:
        """Switch the supply; what the chip knew is gone, cards on the antenna stay where they lie."""
        if on != self._powered:
            self._powered = on
            self._start_up()

    def brown_out(self, duration_us: int = 20_000) -> None:
        """Let the supply sink for so long: registers read 00 meanwhile, and as after a reset afterwards."""
        self._start_up()
        self._runs_from_us = self._timeline.now_us() + duration_us

    def select(self, level: int) -> None:
        """Begin or end a transfer."""
        self._address = None

    def exchange(self, data: bytes) -> bytes:
        """Take and give bytes: an address, then data, or for reading further addresses (8.1.2)."""
        noise = self.faults.noise(len(data))
        if noise is not None:
            return noise
        return bytes(self._clock(value) for value in data)

    def _clock(self, value: int) -> int:
        if self.faults.dead_bus or not self._powered or not self._reset_level:
            return self.faults.floating
        if self._timeline.now_us() < self._runs_from_us:
            return 0x00
        address, seen = self._address, 0x00
        if address is None or address & _READ:
            seen = 0x00 if address is None else self._read((address & 0x7F) >> 1)
            self._address = value
        else:
            self._write((address & 0x7F) >> 1, value)
        return seen

    def _start_up(self) -> None:
        self._registers = [_AFTER_RESET.get(number, 0) for number in range(64)]
        self._registers[VERSION] = self._version
        self._fifo: deque[int] = deque()
        self._under_way = object()
        self._field_since_us: int | None = None
        self._runs_from_us = self._timeline.now_us() + START_UP_US
        for each in self._on_air:
            each.lose_field()

    def _read(self, register: int) -> int:
        if register == FIFO_DATA:
            return self._fifo.popleft() if self._fifo else 0x00
        if register == FIFO_LEVEL:
            return len(self._fifo)
        return self._registers[register]

    def _write(self, register: int, value: int) -> None:
        if register == COMMAND:
            self._command(value & 0x0F)
        elif register == FIFO_DATA:
            self._fill(bytes([value]))
        elif register == FIFO_LEVEL:
            if value & _FLUSH:
                self._fifo.clear()
        elif register in (COM_IRQ, DIV_IRQ):
            marked = value & 0x7F
            old = self._registers[register]
            self._registers[register] = old | marked if value & _SET else old & ~marked
        elif register != VERSION:
            self._registers[register] = value
            self._after_write(register, value)

    def _after_write(self, register: int, value: int) -> None:
        if register == TX_CONTROL:
            self._switch_field()
        if register == BIT_FRAMING and value & _START_SEND and self._registers[COMMAND] == TRANSCEIVE:
            self._registers[BIT_FRAMING] &= ~_START_SEND
            self._transmit(value & 0x07)

    def _switch_field(self) -> None:
        if not self.field_on:
            self._field_since_us = None
            for each in self._on_air:
                each.lose_field()
        elif self._field_since_us is None:
            self._field_since_us = self._timeline.now_us()

    def _command(self, command: int) -> None:
        # Any command ends the one under way.
        self._under_way = object()
        self._registers[COMMAND] = command
        if command == SOFT_RESET:
            self._start_up()
        elif command == CALC_CRC:
            low, high = crc_a(bytes(self._fifo))
            self._fifo.clear()
            self._registers[CRC_LOW], self._registers[CRC_HIGH] = low, high
            self._registers[DIV_IRQ] |= _CRC_IRQ

    def _fill(self, data: bytes) -> None:
        for value in data:
            if len(self._fifo) == _FIFO_BYTES:
                self._registers[ERROR] |= _OVERFLOW_ERROR
                return
            self._fifo.append(value)

    def _transmit(self, last_bits: int) -> None:
        frame = bytes(self._fifo)
        self._fifo.clear()
        self._registers[ERROR] = 0
        if self.faults.never_ready:
            return
        bits = (len(frame) - 1) * 9 + last_bits if last_bits else len(frame) * 9
        self._at(_us_of_bits(bits), lambda: self._sent(frame, last_bits))

    def _sent(self, frame: bytes, last_bits: int) -> None:
        if self.faults.takes_tags():
            self.remove()
        answers = [each.hear(frame, last_bits) for each in self._on_air] if self._is_heard() else []
        heard = heard_together([answer for answer in answers if answer is not None])
        if heard is not None:
            self._at(_ANSWER_AFTER_US + _us_of_bits(len(heard.data) * 9), lambda: self._receive(heard))
        elif self._registers[TIMER_MODE] & _TIMER_AUTO:
            self._at(self._timer_us(), self._run_out)

    def _is_heard(self) -> bool:
        if self._field_since_us is None or not self._registers[TX_ASK] & _FULL_ASK:
            return False
        return self._timeline.now_us() - self._field_since_us >= _CARD_WAKES_US

    def _receive(self, heard: Heard) -> None:
        self._registers[COLL] = _COLLISION_AT_NOWHERE
        if heard.collision_at is not None:
            self._registers[ERROR] |= _COLLISION_ERROR
            if heard.collision_at <= _LAST_KNOWN_COLLISION:
                # Five bits: 0 stands for the thirty-second.
                self._registers[COLL] = heard.collision_at & 0x1F
        self._fill(self.faults.spoil(heard.data))
        self._registers[CONTROL] = _AFTER_RESET[CONTROL] | self.faults.take_last_bits()
        self._registers[COM_IRQ] |= _RX_IRQ

    def _run_out(self) -> None:
        self._registers[COM_IRQ] |= _TIMER_IRQ

    def _timer_us(self) -> int:
        """8.5: (TPrescaler * 2 + 1) * (TReload + 1) periods of 13.56 MHz."""
        prescaler = (self._registers[TIMER_MODE] & 0x0F) << 8 | self._registers[TIMER_PRESCALER]
        reload_value = self._registers[TIMER_RELOAD_HIGH] << 8 | self._registers[TIMER_RELOAD_LOW]
        return int((prescaler * 2 + 1) * (reload_value + 1) / _MEGAHERTZ)

    def _at(self, delay_us: int, callback) -> None:
        under_way = self._under_way

        def happen() -> None:
            if self._under_way is under_way:
                callback()

        self._timeline.at(self._timeline.now_us() + delay_us, happen)


def _us_of_bits(bits: int) -> int:
    return int(bits * _BIT_US)
