"""A coin acceptor with a pulse output: so many pulses on one wire for each coin."""

from array import array

from micropython import const

from system import compat
from system.bus import BusHealth

_EDGES = const(128)
_MASK = const(127)
_LOOK_MS = const(10)
_IDLE_LOOK_MS = const(1000)
# Shorter pulses come from motors and relays next door, not from a coin.
_NOISE_US = const(20000)
_TOLERANCE_PERCENT = const(20)
_STUCK_US = const(1000000)
_STUCK_LOOK_MS = const(100)
# Between the fall of a coin and its first pulse: so long a supply is not taken away.
_FALL_MS = const(800)
_STUCK_AT_START_MS = const(6000)
_LONGEST_QUIET_MS = const(60000)


class PulseCoin:
    """Counts pulses into coins, and opens the slot only while it is wanted, rested and not stuck.

    Give the coin line, the inhibit line, the board's trigger for both edges, and a profile:
    pulse_width_ms, pulse_gap_ms, pulse_cents, coins_cents (the totals that coins can have), pulse_level
    (of the line within a pulse), inhibit_level (that closes the slot), inhibit_cuts_supply (1: the inhibit
    line switches the acceptor's supply, because it has no such input) and power_up_ms (after power-up
    acceptors send a burst; nothing counts before the line has rested for so long).
    """

    # It does not remember what it has counted, as an acceptor on ccTalk does.
    mark = None

    def __init__(self, pin, inhibit_pin, both_edges, profile):
        self._pin = pin
        self._inhibit_pin = inhibit_pin
        self._profile = profile
        self._ticks_us = array("I", bytes(4 * _EDGES))
        self._levels = bytearray(_EDGES)
        self._head = 0
        self._tail = 0
        self._edge = compat.ThreadSafeFlag()
        self._is_wanted = False
        self._is_open = False
        self._is_ready = False
        # When the slot was last asked to close, and when it opened.
        self._asked_ms = self._opened_ms = compat.ticks_ms()
        self._pulses = 0
        self._is_told = False
        self._spoilt = None
        self._pulse_since_us = None
        self._ended_us = 0
        self._last_edge_ms = compat.ticks_ms()
        self.discards = 0
        self.health = BusHealth("coin line")
        inhibit_pin.value(profile.inhibit_level)
        pin.irq(self._on_edge, both_edges)

    def accept(self, is_wanted):
        """Open or close the slot; a coin that is already falling still counts."""
        if self._profile.inhibit_cuts_supply and self._is_wanted and not is_wanted:
            self._asked_ms = compat.ticks_ms()
        self._is_wanted = is_wanted
        self._set_slot()

    def _set_slot(self):
        is_open = self._is_wanted and self._is_ready
        if self._profile.inhibit_cuts_supply:
            if self._is_open and not is_open and self._is_ready and self._holds_coins():
                return
            if is_open and not self._is_open:
                self._opened_ms = compat.ticks_ms()
        self._is_open = is_open
        level = self._profile.inhibit_level
        self._inhibit_pin.value(1 - level if is_open else level)

    def _holds_coins(self):
        # Without its supply an acceptor forgets the pulses that a coin is still to give.
        asked_for_ms = compat.ticks_diff(compat.ticks_ms(), self._asked_ms)
        return min(asked_for_ms, self.quiet_ms()) < _FALL_MS

    def _is_powering_up(self):
        # The burst of an acceptor that has just got its supply; it takes no coins yet.
        if not self._profile.inhibit_cuts_supply or not self._is_open:
            return False
        return compat.ticks_diff(compat.ticks_ms(), self._opened_ms) < self._profile.power_up_ms

    def _is_in_pulse(self):
        return self._pin.value() == self._profile.pulse_level

    def quiet_ms(self):
        """Return for how long nothing has moved on the coin line; 0 while a coin is being counted."""
        if self._pulses or self._pulse_since_us is not None or self._head != self._tail:
            return 0
        return compat.ticks_diff(compat.ticks_ms(), self._last_edge_ms)

    def _on_edge(self, pin):
        # Interrupt handler: only stores into what is allocated already.
        head = self._head
        after = (head + 1) & _MASK
        if after == self._tail:
            self.discards += 1
        else:
            self._ticks_us[head] = compat.ticks_us()
            self._levels[head] = pin.value()
            self._head = after
        self._edge.set()

    async def run(self, listener, beat):
        """Count for ever, and tell the listener of it.

        on_counting() comes at most once a coin, after its first pulse, and may take as long as the flash
        needs; then comes on_coin(cents) or on_unknown_coin(cents, why). on_stuck(is_stuck) tells that the
        line sticks, or is free again.
        """
        if self._pulses:
            # This task has failed in the middle of a coin, and pulses went by that nobody counted.
            self._pulse_since_us, self._spoilt = None, "counting was interrupted"
            self._end_coin(listener)
        await self._rest(listener, beat, _STUCK_AT_START_MS)
        while True:
            beat()
            self._last_edge_ms = compat.aged(self._last_edge_ms, _LONGEST_QUIET_MS)
            self._set_slot()
            if self._pulses or self._pulse_since_us is not None:
                await compat.sleep_ms(_LOOK_MS)
            else:
                is_closing = self._is_open and not self._is_wanted
                has_moved = await compat.flagged_within(self._edge, _FALL_MS if is_closing else _IDLE_LOOK_MS)
                if not has_moved and self.quiet_ms() > _IDLE_LOOK_MS:
                    self.health.rests()
            self._take_edges()
            self._notice_missed_edge()
            self._tell_counting(listener)
            if self._is_stuck():
                self._end_coin(listener)
                await self._rest(listener, beat, 0)
            elif self._has_ended():
                self._end_coin(listener)
            elif not self._pulses and self._pulse_since_us is None:
                # What spoilt no pulse was noise; the next coin is not to suffer for it.
                self._spoilt = None

    async def _rest(self, listener, beat, patience_ms):
        # Waits until the line has been idle for a while; whatever it did until then is no coin.
        self._is_ready = False
        self.accept(self._is_wanted)
        started = rested_since = compat.ticks_ms()
        is_stuck = False
        while True:
            beat()
            now = compat.ticks_ms()
            if self._is_in_pulse() or self._head != self._tail:
                self._tail = self._head
                rested_since = now
                if not is_stuck and compat.ticks_diff(now, started) >= patience_ms:
                    is_stuck = True
                    self.health.fails()
                    listener.on_stuck(True)
            elif compat.ticks_diff(now, rested_since) >= self._profile.power_up_ms:
                break
            await compat.sleep_ms(_STUCK_LOOK_MS)
        self._pulse_since_us, self._pulses, self._spoilt = None, 0, None
        self._is_ready = True
        self.accept(self._is_wanted)
        if is_stuck:
            self.health.works()
            listener.on_stuck(False)

    def _take_edges(self):
        if self.discards:
            self.health.fails(self.discards)
            self._spoilt, self.discards = f"{self.discards} edges lost", 0
        if self._is_powering_up():
            self._tail, self._pulse_since_us, self._spoilt = self._head, None, None
        while self._tail != self._head:
            tail = self._tail
            self._take_edge(self._ticks_us[tail], self._levels[tail])
            self._tail = (tail + 1) & _MASK
            self._last_edge_ms = compat.ticks_ms()

    def _take_edge(self, now_us, level):
        if level == self._profile.pulse_level:
            if self._pulse_since_us is not None:
                self._spoilt = "edge lost"
            self._pulse_since_us = now_us
            return
        if self._pulse_since_us is None:
            return
        width_us = compat.ticks_diff(now_us, self._pulse_since_us)
        self._pulse_since_us = None
        if width_us < _NOISE_US:
            self.health.stirs()
            return
        self._pulses += 1
        self._ended_us = now_us
        nominal_us = self._profile.pulse_width_ms * 1000
        if abs(width_us - nominal_us) * 100 > nominal_us * _TOLERANCE_PERCENT:
            self._spoilt = f"pulse of {width_us // 1000} ms"

    def _notice_missed_edge(self):
        # A pulse of which no beginning was seen must not go unnoticed.
        if self._pulse_since_us is None and self._head == self._tail and self._is_in_pulse():
            self._pulse_since_us = compat.ticks_us()

    def _tell_counting(self, listener):
        # While the flash is written a chip may take no interrupts. So it is done while the line rests between
        # two pulses, and only when most of that pause is left; else after the next pulse.
        if self._is_told or not self._pulses or self._pulse_since_us is not None:
            return
        pause_us = self._profile.pulse_gap_ms * 1000
        if 2 * compat.ticks_diff(compat.ticks_us(), self._ended_us) > pause_us:
            return
        self._is_told = True
        listener.on_counting()
        now_us = compat.ticks_us()
        passed_us = compat.ticks_diff(now_us, self._ended_us)
        if passed_us * 100 > pause_us * (100 - _TOLERANCE_PERCENT):
            # The next pulse may have gone by: twenty cents must not become ten, nor what is left of them a
            # coin of its own.
            self._spoilt = f"flash busy for {passed_us // 1000} ms"
            self._ended_us = now_us

    def _is_stuck(self):
        since = self._pulse_since_us
        return since is not None and compat.ticks_diff(compat.ticks_us(), since) > _STUCK_US

    def _has_ended(self):
        if not self._pulses or self._pulse_since_us is not None:
            return False
        # A gap of twice the usual length ends the coin.
        return compat.ticks_diff(compat.ticks_us(), self._ended_us) > 2000 * self._profile.pulse_gap_ms

    def _end_coin(self, listener):
        pulses, spoilt = self._pulses, self._spoilt
        self._pulses, self._is_told, self._spoilt = 0, False, None
        if not pulses:
            return
        cents = pulses * self._profile.pulse_cents
        if self._pulse_since_us is not None:
            spoilt = "line stuck"
        elif spoilt is None and cents not in self._profile.coins_cents:
            spoilt = f"no coin has {pulses} pulses"
        if spoilt is None:
            listener.on_coin(cents)
        else:
            listener.on_unknown_coin(cents, spoilt)
