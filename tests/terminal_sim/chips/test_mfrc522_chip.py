"""The MFRC522 at its registers, and the cards on its air, without any driver."""

import pytest

from terminal_sim.chips import mfrc522
from terminal_sim.chips.cards import PlainCard
from terminal_sim.chips.iso14443a import CardOnAir, Heard, crc_a, heard_together
from terminal_sim.chips.mfrc522 import MFRC522Chip

UID = bytes.fromhex("DEADBEEF")
PART = UID + b"\x22"
REQA, WUPA = b"\x26", b"\x52"
HALT = bytes.fromhex("500057CD")
SELECT = bytes.fromhex("9370") + PART + crc_a(bytes.fromhex("9370") + PART)


class Board:
    """The chip with its select wire held in a hand."""

    def __init__(self, timeline):
        self.timeline = timeline
        self.chip = MFRC522Chip(timeline)
        timeline.advance(2_000)

    def write(self, register, *values):
        """Write values to one register."""
        self.chip.select(0)
        self.chip.exchange(bytes([register << 1, *values]))
        self.chip.select(1)

    def read(self, register, count=1):
        """Read a register so often in one transfer."""
        address = 0x80 | register << 1
        self.chip.select(0)
        answer = self.chip.exchange(bytes([address] * count + [0]))
        self.chip.select(1)
        return answer[1:]

    def configure(self):
        """Switch the field on, and let the timer give up after 5 ms."""
        self.write(mfrc522.TIMER_MODE, 0x80)
        self.write(mfrc522.TIMER_PRESCALER, 0xA9)
        self.write(mfrc522.TIMER_RELOAD_LOW, 0xC8)
        self.write(mfrc522.TX_ASK, 0x40)
        self.write(mfrc522.TX_CONTROL, 0x83)
        self.timeline.advance(6_000)
        return self

    def transceive(self, frame, last_bits=0, wait_us=3_000):
        """Send a frame and return what the FIFO holds then."""
        self.write(mfrc522.COMMAND, mfrc522.IDLE)
        self.write(mfrc522.COM_IRQ, 0x7F)
        self.write(mfrc522.FIFO_LEVEL, 0x80)
        self.write(mfrc522.FIFO_DATA, *frame)
        self.write(mfrc522.COMMAND, mfrc522.TRANSCEIVE)
        self.write(mfrc522.BIT_FRAMING, 0x80 | last_bits)
        self.timeline.advance(wait_us)
        return self.read(mfrc522.FIFO_DATA, self.read(mfrc522.FIFO_LEVEL)[0])


@pytest.fixture
def board(timeline):
    return Board(timeline)


def test_the_version_and_the_registers_of_a_reset(board):
    assert board.read(mfrc522.VERSION) == b"\x92"
    assert board.read(mfrc522.COMMAND) == b"\x20"
    assert board.read(mfrc522.TX_CONTROL) == b"\x80"


def test_the_fifo_gives_back_in_order_what_was_written_and_is_emptied_by_a_flush(board):
    board.write(mfrc522.FIFO_DATA, 1, 2, 3)
    assert board.read(mfrc522.FIFO_LEVEL) == b"\x03"
    assert board.read(mfrc522.FIFO_DATA, 2) == b"\x01\x02"
    board.write(mfrc522.FIFO_LEVEL, 0x80)
    assert board.read(mfrc522.FIFO_LEVEL) == b"\x00"


def test_the_fifo_holds_64_bytes_and_tells_of_more(board):
    board.write(mfrc522.FIFO_DATA, *range(64))
    assert board.read(mfrc522.ERROR) == b"\x00"
    board.write(mfrc522.FIFO_DATA, 64)
    assert board.read(mfrc522.ERROR) == b"\x10"
    assert board.read(mfrc522.FIFO_LEVEL) == b"\x40"


def test_the_coprocessor_computes_crc_a(board):
    board.write(mfrc522.FIFO_DATA, 0x12, 0x34)
    board.write(mfrc522.COMMAND, mfrc522.CALC_CRC)
    assert board.read(mfrc522.DIV_IRQ) == b"\x04"
    assert board.read(mfrc522.CRC_LOW) + board.read(mfrc522.CRC_HIGH) == bytes.fromhex("26CF")


def test_interrupt_bits_are_cleared_and_set_by_their_marks(board):
    board.write(mfrc522.COM_IRQ, 0x7F)
    assert board.read(mfrc522.COM_IRQ) == b"\x00"
    board.write(mfrc522.COM_IRQ, 0x80 | 0x21)
    board.write(mfrc522.COM_IRQ, 0x01)
    assert board.read(mfrc522.COM_IRQ) == b"\x20"


def test_a_card_answers_a_call_with_the_low_byte_of_sens_res_first(board):
    board.configure().chip.place(UID)
    assert board.transceive(WUPA, 7) == b"\x04\x00"
    assert board.read(mfrc522.COM_IRQ)[0] & 0x21 == 0x20
    assert board.read(mfrc522.ERROR) == b"\x00"


def test_without_an_answer_the_timer_tells_after_its_time(board):
    board.configure()
    assert board.transceive(WUPA, 7, wait_us=4_900) == b""
    assert board.read(mfrc522.COM_IRQ)[0] & 0x21 == 0x00
    board.timeline.advance(300)
    assert board.read(mfrc522.COM_IRQ)[0] & 0x21 == 0x01


@pytest.mark.parametrize(("register", "value"), [(mfrc522.TX_CONTROL, 0x80), (mfrc522.TX_ASK, 0x00)])
def test_without_field_or_full_modulation_no_card_answers(board, register, value):
    board.configure().chip.place(UID)
    board.write(register, value)
    assert board.transceive(WUPA, 7) == b""


def test_a_card_needs_5_ms_to_wake_up_in_a_field(board):
    board.configure().chip.place(UID)
    board.write(mfrc522.TX_CONTROL, 0x80)
    board.write(mfrc522.TX_CONTROL, 0x83)
    assert board.transceive(WUPA, 7, wait_us=2_000) == b""
    board.timeline.advance(3_000)
    assert board.transceive(WUPA, 7) == b"\x04\x00"


def test_a_collision_is_told_with_its_position(board):
    board.configure()
    board.chip.place(UID)
    board.chip.place(bytes.fromhex("DEADBEEE"))
    assert board.transceive(WUPA, 7) == b"\x04\x00"
    board.transceive(b"\x93\x20")
    assert board.read(mfrc522.ERROR) == b"\x08"
    # Bit 0 of the fourth byte is the 25th that is sent.
    assert board.read(mfrc522.COLL) == bytes([25])


def test_a_new_command_ends_the_one_under_way(board):
    board.configure().chip.place(UID)
    board.transceive(WUPA, 7, wait_us=50)
    board.write(mfrc522.COMMAND, mfrc522.IDLE)
    board.timeline.advance(10_000)
    assert board.read(mfrc522.COM_IRQ)[0] & 0x21 == 0
    assert board.read(mfrc522.FIFO_LEVEL) == b"\x00"


@pytest.mark.parametrize("way", ["soft reset", "pin", "power", "brown-out"])
def test_each_kind_of_restart_forgets_the_settings(board, way):
    board.configure()
    if way == "soft reset":
        board.write(mfrc522.COMMAND, mfrc522.SOFT_RESET)
    elif way == "brown-out":
        board.chip.brown_out(3_000)
    else:
        for level in (0, 1):
            (board.chip.reset if way == "pin" else board.chip.power)(level)
    assert board.read(mfrc522.VERSION) == b"\x00", "it takes its time"
    board.timeline.advance(4_000)
    assert board.read(mfrc522.VERSION) == b"\x92"
    assert not board.chip.field_on
    assert board.read(mfrc522.TIMER_MODE) == b"\x00"


@pytest.mark.parametrize("way", ["reset", "power"])
def test_a_chip_that_is_off_leaves_the_line_to_its_pull(board, way):
    getattr(board.chip, way)(0)
    assert board.read(mfrc522.VERSION) == b"\xff"


def test_a_selected_card_hears_a_halt_and_then_wakes_by_wupa_alone():
    card = CardOnAir(PlainCard(UID))
    assert [card.hear(REQA, 7), card.hear(b"\x93\x20")] == [b"\x04\x00", PART]
    assert card.hear(SELECT) == b"\x08" + crc_a(b"\x08")
    assert card.hear(HALT) is None
    assert card.hear(REQA, 7) is None
    assert card.hear(WUPA, 7) == b"\x04\x00"


def test_a_card_that_is_called_while_it_is_ready_falls_back_and_answers_the_next_call():
    card = CardOnAir(PlainCard(UID))
    assert [card.hear(WUPA, 7) for _ in range(3)] == [b"\x04\x00", None, b"\x04\x00"]


@pytest.mark.parametrize("wrong", [SELECT[:-1] + b"\x00", b"\x95\x20", b"\x93\x20\x00", b""])
def test_what_is_no_right_frame_is_not_answered(wrong):
    card = CardOnAir(PlainCard(UID))
    card.hear(WUPA, 7)
    assert card.hear(wrong) is None
    assert card.hear(SELECT) is None


def test_a_field_that_goes_away_wakes_a_halted_card():
    card = CardOnAir(PlainCard(UID))
    for frame, bits in ((WUPA, 7), (SELECT, 0), (HALT, 0)):
        card.hear(frame, bits)
    card.lose_field()
    assert card.hear(REQA, 7) == b"\x04\x00"


def test_answers_together_are_one_up_to_the_bit_in_which_they_differ():
    assert heard_together([]) is None
    assert heard_together([b"\x04\x00"] * 2) == Heard(b"\x04\x00")
    assert heard_together([b"\x04\x00", b"\x44\x00"]) == Heard(b"\x04\x00", 7)
    assert heard_together([b"\x04", b"\x04\x00"]) == Heard(b"\x04\x00", 9)
