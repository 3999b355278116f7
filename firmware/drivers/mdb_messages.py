"""The words of the vending bus for a cashless device: codes, lengths and blocks (MDB/ICP 4.2, section 7)."""

from micropython import const

# Cashless device #1: the five high bits of an address byte name the device.
ADDRESS = const(0x10)
MODE = const(0x100)
# A transport that can tell adds this bit to a word whose stop bit was missing.
SPOILT = const(0x200)
LONGEST_BLOCK = const(36)
# What the master says to an answer with data; NAK, FFh, has no meaning of its own for us.
ACK = const(0x00)
RET = const(0xAA)

# Commands are the three low bits of the address byte; these two have no subcommand.
_RESET = const(0)
POLL = const(2)

# Answers with data. The order is that in which they are told at POLLs.
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
ANSWERS = const(13)
# The answer without.
ACK_ONLY = const(-1)

# The first byte of each answer, in the order above.
CODES = b"\x00\x0b\x01\x09\x08\x07\x06\x05\x0e\x0d\x0f\x03\x04"

# How long each of them gets at most, with its checksum.
_SIZES = b"\x02\x03\x09\x23\x02\x02\x02\x04\x02\x02\x04\x0b\x02"

# Length of a block from address to checksum, by command and subcommand. What is not here is not heard.
_LENGTHS = {
    0x100: 7,  # SETUP, config data
    0x101: 7,  # SETUP, max/min prices
    0x300: 7,  # VEND REQUEST
    0x301: 3,  # VEND CANCEL
    0x302: 5,  # VEND SUCCESS
    0x303: 3,  # VEND FAILURE
    0x304: 3,  # SESSION COMPLETE
    0x305: 7,  # CASH SALE
    0x306: 7,  # NEGATIVE VEND REQUEST
    0x400: 3,  # READER DISABLE
    0x401: 3,  # READER ENABLE
    0x402: 3,  # READER CANCEL
    0x403: 11,  # DATA ENTRY RESPONSE
    0x500: 5,  # REVALUE REQUEST
    0x501: 3,  # REVALUE LIMIT REQUEST
    0x700: 32,  # REQUEST ID
    0x703: 13,  # WRITE TIME/DATE
    0x704: 7,  # OPTIONAL FEATURE ENABLED
}
_EURO = const(0x1978)
# The bits of READER CONFIG: can give money back, hears of cash sales; one vend a session, no display to lend.
_OPTIONS = const(0x09)
# Funds that the machine may not show are FFFFh.
MOST_UNITS = const(0xFFFE)
OUR_LEVEL = const(3)
_LEVEL_WITH_MEDIA = const(2)
_LEVEL_WITH_OPTIONS = const(3)


def length_of(command, subcommand):
    """Return the length of a block, 0 for one that is not known; subcommand -1 when it is still to come."""
    if command in (_RESET, POLL):
        return 2
    return LONGEST_BLOCK if subcommand < 0 else _LENGTHS.get(command << 8 | subcommand, 0)


class Answers:
    """The blocks that a POLL can be answered with, made ahead, each with its checksum.

    Filling one allocates nothing, so that an interrupt handler may do it. `scale` and `decimals` say what a
    unit of the bus is worth: scale x 10^-decimals; `serial` has twelve letters.
    """

    def __init__(self, scale, decimals, longest_answer_s, serial):
        self.blocks = [bytearray(size) for size in _SIZES]
        self.lengths = bytearray(ANSWERS)
        for kind in range(ANSWERS):
            self.blocks[kind][0] = CODES[kind]
            self._finish(kind, 1)
        config = (OUR_LEVEL, _EURO >> 8, _EURO & 0xFF, scale, decimals, longest_answer_s, _OPTIONS)
        self.blocks[_CONFIG][1:8] = bytes(config)
        # Manufacturer, serial number, model, software version in BCD; no optional feature.
        identity = b"TAP" + serial.encode() + b"TAPLEDGER   " + b"\x00\x02"
        self.blocks[_PERIPHERAL_ID][1:30] = identity
        self._finish(_APPROVED, 3)
        self._finish(_REVALUE_LIMIT, 3)
        self.set_level(1)

    def set_level(self, level):
        """Give each block the form of a feature level, the lower one of the machine's and ours."""
        self.blocks[_CONFIG][1] = level
        self._finish(_CONFIG, 8)
        # A shorter form had its checksum where a longer one has data.
        self.blocks[_PERIPHERAL_ID][30] = 0
        self._finish(_PERIPHERAL_ID, 34 if level >= _LEVEL_WITH_OPTIONS else 30)
        for index in range(3, 7):
            # Which medium pays is the ledger's business: FFFFFFFFh.
            self.blocks[_BEGIN_SESSION][index] = 0xFF
        self._finish(_BEGIN_SESSION, 10 if level >= _LEVEL_WITH_MEDIA else 3)

    def set_units(self, kind, units):
        """Write an amount, high byte first."""
        block = self.blocks[kind]
        block[1] = units >> 8
        block[2] = units & 0xFF
        self._finish(kind, self.lengths[kind] - 1)

    def set_state(self, level, state):
        """Say in which state a command was out of sequence; level 1 has no room for it."""
        self.blocks[_OUT_OF_SEQUENCE][1] = state
        self._finish(_OUT_OF_SEQUENCE, 2 if level >= _LEVEL_WITH_MEDIA else 1)

    def _finish(self, kind, count):
        block = self.blocks[kind]
        total = 0
        for index in range(count):
            total += block[index]
        block[count] = total & 0xFF
        self.lengths[kind] = count + 1
