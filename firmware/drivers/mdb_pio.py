"""The vending bus by the RP2040's PIO: two state machines that know nine bits, at 9600 bit/s."""

from micropython import const

from drivers.mdb_messages import LONGEST_BLOCK, MODE, SPOILT

# Sixteen cycles a bit.
_CYCLES_HZ = const(153600)
# Two cycles each: 3.9 ms, after which an answer would be too late.
_WINDOW = const(300)
# Nine bits of the word and the stop bit arrive in the highest bits of the shift register.
_UNUSED_BITS = const(22)
_WORD = const(0x1FF)
_STOP_BIT = const(0x200)
_RECEIVE_ROOM = const(4)


# ruff: noqa: F821 - the assembler gives the programs their names
def receive_program(rp2):
    """Return a program that gives the CPU ten bits a word: nine of the word, low bit first, and the stop bit.

    When the line then rests for as long as OSR says, it gives 0: the word before is too old to be answered.
    """

    @rp2.asm_pio(in_shiftdir=rp2.PIO.SHIFT_RIGHT)
    def receive():
        wrap_target()
        wait(0, pin, 0)
        label("start")
        # A bit and a half from the edge to the middle of the first bit, less what it is seen late by.
        set(x, 8)[19]
        label("bit")
        in_(pins, 1)
        jmp(x_dec, "bit")[14]
        in_(pins, 1)
        push(noblock)
        irq(rel(0))
        mov(y, osr)
        label("window")
        jmp(pin, "rests")
        jmp("start")
        label("rests")
        jmp(y_dec, "window")
        mov(isr, null)
        push(noblock)
        wrap()

    return receive


def transmit_program(rp2):
    """Return a program that sends nine bits a word, low bit first, and interrupts when a word is over."""
    high, right = rp2.PIO.OUT_HIGH, rp2.PIO.SHIFT_RIGHT

    @rp2.asm_pio(out_init=high, set_init=high, out_shiftdir=right, fifo_join=rp2.PIO.JOIN_TX)
    def transmit():
        wrap_target()
        pull()
        set(pins, 0)[14]
        set(x, 8)
        label("bit")
        out(pins, 1)[14]
        jmp(x_dec, "bit")
        set(pins, 1)[14]
        irq(rel(0))
        wrap()

    return transmit


class PioWords:
    """Words and answers over two pins, with the state machines 0 and 1; its interrupts allocate nothing."""

    def __init__(self, rp2, receive_pin, transmit_pin):
        receive, transmit = receive_program(rp2), transmit_program(rp2)
        self._answer = bytearray(LONGEST_BLOCK)
        self._count = 0
        self._next = 0
        self.on_word = self._ignore
        machine = rp2.StateMachine
        self._out = machine(1, transmit, freq=_CYCLES_HZ, out_base=transmit_pin, set_base=transmit_pin)
        self._in = machine(0, receive, freq=_CYCLES_HZ, in_base=receive_pin, jmp_pin=receive_pin)
        self._in.put(_WINDOW)
        self._in.exec("pull()")
        # Hard interrupts: soft ones would wait for a TLS handshake or a long transfer to end.
        self._in.irq(self._on_words, hard=True)
        self._out.irq(self._on_room, hard=True)
        self._out.active(1)
        self._in.active(1)

    def send(self, block, count):
        """Begin to send an answer."""
        for index in range(count):
            self._answer[index] = block[index]
        self._count = count
        self._next = 0
        self._on_room(self._out)

    def _ignore(self, word, is_late):
        return

    def _on_room(self, out):
        # Eight words find room at a time; each that is over calls for the next one.
        while self._next < self._count and out.tx_fifo() < 8:
            index = self._next
            self._next = index + 1
            out.put(self._answer[index] | (MODE if self._next == self._count else 0))

    def _on_words(self, words):
        # When the FIFO is full something may be missing behind it; what has anything behind it is old.
        is_late = words.rx_fifo() >= _RECEIVE_ROOM
        word = 0
        while words.rx_fifo():
            if word:
                self._tell(word, True)
            word = words.get(None, _UNUSED_BITS)
        if word:
            self._tell(word, is_late)

    def _tell(self, bits, is_late):
        self.on_word(bits & _WORD if bits & _STOP_BIT else SPOILT, is_late)
