"""A cashless device on the vending bus: its states, and what it answers in each (MDB/ICP 4.2, section 7)."""

from array import array

from micropython import const

from drivers import mdb_events
from drivers import mdb_messages as mdb
from drivers.mdb_events import BusEvents
from system import compat

# The states have the numbers that COMMAND OUT OF SEQUENCE tells.
_INACTIVE = const(1)
_DISABLED = const(2)
ENABLED = const(3)
_SESSION_IDLE = const(4)
_IN_VEND = const(5)
_IN_REVALUE = const(6)

# The answers, as mdb_messages numbers them: only such names cost the device no memory.
_JUST_RESET = const(0)
_OUT_OF_SEQUENCE = const(1)
_CONFIG = const(2)
_PERIPHERAL_ID = const(3)
_CANCELLED = const(4)
_END_SESSION = const(5)
_DENIED = const(6)
_APPROVED = const(7)
_REVALUE_DENIED = const(8)
_REVALUE_APPROVED = const(9)
_REVALUE_LIMIT = const(10)
_BEGIN_SESSION = const(11)
_CANCEL_REQUEST = const(12)
_ACK_ONLY = const(-1)

# A tuple that is written where it is used would be allocated there.
_REFUSALS = (_DENIED, _REVALUE_DENIED)
_NUMBERS = const(0x3FFF)
_ALL_SET_UP = const(3)
# A machine polls every 25 to 200 ms; one that is silent for so long is off, or its wire is.
_SILENT_MS = const(5000)


class Session:
    """Decides what each command is answered with, at once and without allocating: it runs in interrupts.

    What it has heard waits in `events` for a task, which says what comes of it with begin, approve, deny,
    approve_revalue and cancel. Each of these is written with the request, or the turn of the reader, that it
    belongs to, and counts for no other: so it does not matter when an interrupt comes in between.
    """

    def __init__(self, answers):
        self.answers = answers
        self.state = _INACTIVE
        self.level = 1
        self.request = 0
        self.revalue_limit_units = 0
        self.events = BusEvents()
        self._wanted = bytearray(mdb.ANSWERS)
        # To which request, or which turn of the reader, an answer belongs.
        self._belongs = array("H", bytes(2 * mdb.ANSWERS))
        self._turn = 0
        self._set_up = 0
        self._is_disabling = False
        self._has_vended = False
        self._is_approval_sent = False
        self._is_approval_heard = False
        self._heard_ms = None
        commands = (self._reset, self._setup, self._poll, self._vend, self._reader, self._revalue, None)
        self._commands = commands + (self._expansion,)
        self._wanted[_JUST_RESET] = 1

    # The task's side.

    @property
    def is_silent(self):
        """Tell whether the machine has said nothing for a while, or never."""
        heard_ms = self._heard_ms
        if heard_ms is not None and compat.ticks_diff(compat.ticks_ms(), heard_ms) > _SILENT_MS:
            # For good: ticks wrap around in days.
            self._heard_ms = None
        return self._heard_ms is None

    def begin(self, units):
        """Offer a session with so much credit at the next POLL; False when the reader is not enabled."""
        turn = self._turn
        if self.state != ENABLED:
            return False
        self.answers.set_units(_BEGIN_SESSION, max(0, min(units, mdb.MOST_UNITS)))
        self._want(_BEGIN_SESSION, turn)
        return True

    def approve(self, request, units):
        """Let the machine vend; False when the request is over, and then it is told nothing."""
        if not self.is_asking(request):
            return False
        self.answers.set_units(_APPROVED, units)
        self._want(_APPROVED, request)
        return self.is_asking(request)

    def deny(self, request):
        """Refuse a vend or a revalue, if it is still asked for."""
        kind = _DENIED if self.state == _IN_VEND else _REVALUE_DENIED
        if self.is_asking(request):
            self._want(kind, request)

    def approve_revalue(self, request):
        """Say that the money is on the medium; False when the request is over."""
        self._want(_REVALUE_APPROVED, request)
        return self.is_asking(request)

    def is_asking(self, request):
        """Tell whether the machine still waits for the outcome of this request."""
        return request == self.request and self.state in (_IN_VEND, _IN_REVALUE)

    def cancel(self):
        """Ask the machine to end the session."""
        if self.state == _SESSION_IDLE:
            self._want(_CANCEL_REQUEST, self._turn)

    def _want(self, kind, belongs):
        self._belongs[kind] = belongs
        self._wanted[kind] = 1

    # The link's side, in interrupts.

    def on_block(self, block):
        """Take a whole block and return its answer: a kind of mdb_messages, or ACK_ONLY."""
        self._heard_ms = compat.ticks_ms()
        return self._commands[block[0] & 7](block)

    def on_sent(self, kind):
        """Note that an answer is on the wire: from now on the master may act on it."""
        if kind == _BEGIN_SESSION and self.state == ENABLED:
            self.state, self._has_vended = _SESSION_IDLE, False
        elif kind == _APPROVED:
            self._is_approval_sent = True
        elif kind in _REFUSALS:
            self.state = _SESSION_IDLE
        elif kind == _REVALUE_APPROVED and self.state == _IN_REVALUE:
            self._tell(mdb_events.REVALUED)
            self.state = _SESSION_IDLE

    def on_heard(self, kind):
        """Note that the master has acknowledged an answer; one that it has not is told again at a POLL."""
        self._wanted[kind] = 0
        if kind == _APPROVED:
            self._is_approval_heard = True

    def _poll(self, _block):
        for kind in range(mdb.ANSWERS):
            if self._wanted[kind] and self._is_due(kind):
                return kind
        return _ACK_ONLY

    def _is_due(self, kind):
        belongs = self._belongs[kind]
        if kind == _APPROVED:
            return self.state == _IN_VEND and belongs == self.request
        if kind == _REVALUE_APPROVED or kind in _REFUSALS:
            return self.state >= _SESSION_IDLE and belongs == self.request
        if kind == _BEGIN_SESSION:
            return self.state in (ENABLED, _SESSION_IDLE) and belongs == self._turn
        return kind != _CANCEL_REQUEST or (self.state == _SESSION_IDLE and belongs == self._turn)

    def _tell(self, event, first=0, second=0):
        self.events.put(event, first, second, self.request)
        return _ACK_ONLY

    def _next_request(self):
        self.request = (self.request + 1) & _NUMBERS
        self._is_approval_sent = self._is_approval_heard = False

    def _now(self, kind):
        # The answer to this very command; should the master not hear it, a POLL brings it again.
        self._belongs[kind] = self.request
        self._wanted[kind] = 1
        return kind

    def _out_of_sequence(self):
        self.answers.set_state(self.level, self.state)
        self._wanted[_OUT_OF_SEQUENCE] = 1
        return _ACK_ONLY

    def _reset(self, _block):
        # Between APPROVED and SUCCESS it counts as SUCCESS (7.4.7), so it matters whether APPROVED was sent.
        self._tell(mdb_events.WAS_RESET, 1 if self.state == _IN_VEND and self._is_approval_sent else 0)
        self._next_request()
        self._turn = (self._turn + 1) & _NUMBERS
        for kind in range(mdb.ANSWERS):
            self._wanted[kind] = 0
        self.state = _INACTIVE
        self._set_up = 0
        self._is_disabling = False
        self._wanted[_JUST_RESET] = 1
        return _ACK_ONLY

    def _setup(self, block):
        if self.state > _DISABLED:
            return self._out_of_sequence()
        self._set_up |= 1 << block[1]
        if self.state == _INACTIVE and self._set_up == _ALL_SET_UP:
            self.state = _DISABLED
        if block[1]:
            return _ACK_ONLY
        self.level = max(1, min(block[2], mdb.OUR_LEVEL))
        self.answers.set_level(self.level)
        return self._now(_CONFIG)

    def _expansion(self, block):
        if self.state > ENABLED or block[1] not in (0, 4):
            return self._out_of_sequence()
        return _ACK_ONLY if block[1] else self._now(_PERIPHERAL_ID)

    def _reader(self, block):
        subcommand = block[1]
        if self.state == _INACTIVE or subcommand > 2:
            return self._out_of_sequence()
        if subcommand == 1:
            self._is_disabling = False
            if self.state == _DISABLED:
                self.state = ENABLED
                self._tell(mdb_events.WAS_ENABLED)
            return _ACK_ONLY
        if self.state == _SESSION_IDLE and self._wanted[_BEGIN_SESSION]:
            # The master knows of no session yet, as it has not acknowledged it.
            self.state = ENABLED
        if subcommand == 2:
            return self._cancel_reader()
        if self.state == ENABLED:
            self._end(_DISABLED)
        elif self.state > ENABLED:
            # A transaction in progress goes on to its normal end.
            self._is_disabling = True
        return _ACK_ONLY

    def _cancel_reader(self):
        if self.state != ENABLED:
            return self._out_of_sequence()
        self._end(ENABLED)
        return self._now(_CANCELLED)

    def _end(self, state):
        self._turn = (self._turn + 1) & _NUMBERS
        self.state, self._is_disabling = state, False
        self._tell(mdb_events.ENDED)

    def _vend(self, block):
        subcommand, state = block[1], self.state
        first = block[2] << 8 | block[3]
        second = block[4] << 8 | block[5]
        if subcommand == 5 and state != _INACTIVE:
            return self._tell(mdb_events.CASH_SOLD, first, second)
        if state == _SESSION_IDLE:
            # Whatever the master does in a session tells that it has heard of it.
            self._wanted[_BEGIN_SESSION] = 0
            if subcommand == 0:
                return self._ask_vend(first, second)
            if subcommand == 1 and self._wanted[_DENIED]:
                return _DENIED
            if subcommand == 4:
                self._end(_DISABLED if self._is_disabling else ENABLED)
                return self._now(_END_SESSION)
        elif state == _IN_VEND and subcommand == 1 and not self._is_approval_heard:
            return self._cancel_vend()
        elif state == _IN_VEND and subcommand in (2, 3) and self._is_approval_sent:
            is_success = subcommand == 2
            self._tell(mdb_events.VEND_SUCCEEDED if is_success else mdb_events.VEND_FAILED)
            self._wanted[_APPROVED] = 0
            self.state, self._has_vended = _SESSION_IDLE, True
            return _ACK_ONLY
        elif subcommand == 4 and self._wanted[_END_SESSION]:
            return _END_SESSION
        return self._out_of_sequence()

    def _ask_vend(self, units, item):
        self._next_request()
        if self._has_vended:
            return self._now(_DENIED)
        self.state = _IN_VEND
        return self._tell(mdb_events.VEND_ASKED, units, item)

    def _cancel_vend(self):
        self._tell(mdb_events.VEND_CANCELLED)
        self._next_request()
        return self._now(_DENIED)

    def _revalue(self, block):
        if self.state != _SESSION_IDLE or self.level == 1:
            return self._out_of_sequence()
        self._wanted[_BEGIN_SESSION] = 0
        if block[1]:
            self.answers.set_units(_REVALUE_LIMIT, self.revalue_limit_units)
            return self._now(_REVALUE_LIMIT)
        units = block[2] << 8 | block[3]
        self._next_request()
        if units > self.revalue_limit_units:
            return self._now(_REVALUE_DENIED)
        self.state = _IN_REVALUE
        return self._tell(mdb_events.REVALUE_ASKED, units)
