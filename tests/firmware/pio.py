"""Enough of the RP2040's PIO (datasheet, 3.4) to run the programs of the vending bus cycle by cycle."""

import types
from collections import deque

HIGH_BIT = 31
FIFO = 4


class Instruction:
    """One instruction; `program[delay]` makes it wait, as the assembler writes it."""

    def __init__(self, name, arguments):
        self.name = name
        self.arguments = arguments
        self.delay = 0

    def __getitem__(self, delay):
        assert 0 <= delay <= 31, "five bits of delay"
        self.delay = delay
        return self


class Program:
    """What asm_pio makes of a function."""

    def __init__(self, function, options):
        self.instructions = []
        self.labels = {}
        self.start = self.end = None
        self.options = options
        types.FunctionType(function.__code__, self._names())()
        assert len(self.instructions) <= 32

    def _names(self):
        names = {name: name for name in ("x", "y", "x_dec", "y_dec", "pins", "pin", "isr", "osr", "null")}
        for name in ("wait", "set", "in_", "out", "jmp", "push", "pull", "irq", "mov"):
            names[name] = lambda *arguments, name=name: self._add(name, arguments)
        return names | {
            "noblock": "noblock",
            "rel": lambda number: number,
            "label": lambda name: self.labels.update({name: len(self.instructions)}),
            "wrap_target": lambda: setattr(self, "start", len(self.instructions)),
            "wrap": lambda: setattr(self, "end", len(self.instructions)),
        }

    def _add(self, name, arguments):
        self.instructions.append(Instruction(name, arguments))
        return self.instructions[-1]


class StateMachine:
    """One state machine with its FIFOs, as MicroPython's rp2.StateMachine shows it, and its cycles."""

    def __init__(self, program, base):
        self._program = program
        self._base = base
        self._x = self._y = self._osr = self._isr = self._pause = 0
        self._pc = program.start
        self._room = 2 * FIFO if "fifo_join" in program.options else FIFO
        self._received, self._to_send = deque(), deque()
        self._is_active = False
        self._handler = None
        self.is_interrupting = False

    def put(self, value):
        """Fill the transmit FIFO; blocking would be for ever here."""
        assert len(self._to_send) < self._room, "put() would block"
        self._to_send.append(value)

    def get(self, buffer, shift):
        """Take from the receive FIFO."""
        assert buffer is None
        value = self._received.popleft() >> shift
        assert value < 1 << 30, "would be allocated in the interrupt"
        return value

    def rx_fifo(self):
        """Return how much waits."""
        return len(self._received)

    def tx_fifo(self):
        """Return how much is to be sent."""
        return len(self._to_send)

    def exec(self, text):
        """Run one instruction at once."""
        assert text == "pull()"
        self._osr = self._to_send.popleft()

    def irq(self, handler, hard):
        """Set the interrupt's handler."""
        assert hard
        self._handler = handler

    def active(self, is_active):
        """Start or stop."""
        self._is_active = bool(is_active)

    def serve(self):
        """Let the processor take the interrupt."""
        if self.is_interrupting:
            self.is_interrupting = False
            self._handler(self)

    def cycle(self):
        """Pass one cycle."""
        if not self._is_active:
            return
        if self._pause:
            self._pause -= 1
            return
        instruction = self._program.instructions[self._pc]
        following = getattr(self, "_" + instruction.name)(*instruction.arguments)
        if following is None:
            return
        self._pause = instruction.delay
        self._pc = self._program.start if following == self._program.end else following

    def _wait(self, level, _source, _index):
        return self._pc + 1 if self._base.level == level else None

    def _jmp(self, *arguments):
        target = self._program.labels[arguments[-1]]
        if len(arguments) == 1:
            return target
        if arguments[0] == "pin":
            return target if self._base.level else self._pc + 1
        name = "_" + arguments[0][0]
        value = getattr(self, name)
        setattr(self, name, value - 1 if value else 0xFFFFFFFF)
        return target if value else self._pc + 1

    def _set(self, target, value):
        if target == "pins":
            self._base.level = value
        else:
            setattr(self, "_" + target, value)
        return self._pc + 1

    def _in_(self, _source, count):
        assert count == 1
        self._isr = self._isr >> 1 | self._base.level << HIGH_BIT
        return self._pc + 1

    def _out(self, _target, count):
        assert count == 1
        self._base.level, self._osr = self._osr & 1, self._osr >> 1
        return self._pc + 1

    def _push(self, _noblock):
        if len(self._received) < self._room:
            self._received.append(self._isr)
        self._isr = 0
        return self._pc + 1

    def _pull(self):
        if not self._to_send:
            return None
        self._osr = self._to_send.popleft()
        return self._pc + 1

    def _irq(self, _number):
        self.is_interrupting = True
        return self._pc + 1

    def _mov(self, target, source):
        setattr(self, "_" + target, 0 if source == "null" else getattr(self, "_" + source))
        return self._pc + 1


class Line:
    """One wire, idle high."""

    def __init__(self):
        self.level = 1


class Rp2:
    """Stands where the module rp2 does."""

    class PIO:
        """The constants that the programs use."""

        SHIFT_RIGHT, OUT_HIGH, JOIN_TX = 1, 3, 1

    def __init__(self):
        self.machines = []
        self.hertz = set()

    @staticmethod
    def asm_pio(**options):
        """Assemble a function."""
        return lambda function: Program(function, options)

    def StateMachine(self, _number, program, *, freq, **pins):  # noqa: N802 - as the module names it
        """Return a state machine on its pins, which have to be one line."""
        (line,) = set(pins.values())
        self.hertz.add(freq)
        self.machines.append(StateMachine(program, line))
        return self.machines[-1]
