"""What the PN532 does for each command of UM0701-02, chapter 7, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from terminal_sim.chips.cards import Card
from terminal_sim.chips.pn532_radio import Radio

GET_FIRMWARE_VERSION = 0x02
GET_GENERAL_STATUS = 0x04
SAM_CONFIGURATION = 0x14
POWER_DOWN = 0x16
RF_CONFIGURATION = 0x32
IN_DESELECT = 0x44
IN_LIST_PASSIVE_TARGET = 0x4A
IN_RELEASE = 0x52

# 7.2.2: IC 32, version 1.6, supports ISO/IEC 18092, 14443 type B and type A.
_FIRMWARE_VERSION = bytes.fromhex("32010607")
_OK = b"\x00"
_ERROR_NO_SUCH_TARGET = b"\x27"
_NORMAL_MODE = 0x01
_SAM_MODES = (0x01, 0x02, 0x03, 0x04)
_BAUD_106_TYPE_A = 0x00
_LAST_BAUD_AND_TYPE = 0x04
_MOST_TARGETS = 2

# 7.3.1: how many bytes follow each CfgItem.
_RF_FIELD = 0x01
_MAX_RETRIES = 0x05
_RF_ITEM_LENGTHS = {_RF_FIELD: 1, 0x02: 3, 0x04: 1, _MAX_RETRIES: 3, 0x0A: 11, 0x0B: 8, 0x0C: 3, 0x0D: 9}


class SyntaxRefused(Exception):
    """The command or its parameters make no sense: the chip answers with the error frame (6.2.1.5)."""


@dataclass(frozen=True)
class Answer:
    """The data behind D5 and code + 1; `wake_up_sources` is set when the chip then goes to sleep."""

    data: bytes = b""
    wake_up_sources: int | None = None


Done = Callable[[Answer], None]


def run(code: int, parameters: bytes, radio: Radio, done: Done) -> None:
    """Run a command and call `done` with its answer: at once, or when a search has ended.

    Raises SyntaxRefused for a command or parameters that the chip does not know.
    """
    if code == IN_LIST_PASSIVE_TARGET:
        _list_passive_target(parameters, radio, done)
        return
    immediate = _IMMEDIATE.get(code)
    if immediate is None:
        raise SyntaxRefused(f"unknown command {code:02X}")
    done(immediate(parameters, radio))


def _get_firmware_version(parameters: bytes, radio: Radio) -> Answer:
    return Answer(_FIRMWARE_VERSION)


def _get_general_status(parameters: bytes, radio: Radio) -> Answer:
    """7.2.3: last error, external field, the listed targets, state of the SAM."""
    data = bytes([0x00, 0x00, len(radio.targets)])
    for number, _ in enumerate(radio.targets, start=1):
        data += bytes([number, 0x00, 0x00, 0x00])
    return Answer(data + b"\x00")


def _sam_configuration(parameters: bytes, radio: Radio) -> Answer:
    """7.2.10: only the normal mode leaves the reader to the host."""
    if not 1 <= len(parameters) <= 3 or parameters[0] not in _SAM_MODES:
        raise SyntaxRefused("SAMConfiguration: mode 1 to 4, then at most time-out and IRQ")
    radio.able = parameters[0] == _NORMAL_MODE
    return Answer()


def _power_down(parameters: bytes, radio: Radio) -> Answer:
    """7.2.11: which of the interfaces may wake the chip."""
    if not 1 <= len(parameters) <= 2:
        raise SyntaxRefused("PowerDown: wake-up sources, then at most GenerateIRQ")
    return Answer(_OK, wake_up_sources=parameters[0])


def _rf_configuration(parameters: bytes, radio: Radio) -> Answer:
    if not parameters or _RF_ITEM_LENGTHS.get(parameters[0]) != len(parameters) - 1:
        raise SyntaxRefused("RFConfiguration: an unknown item, or not as many bytes as it has")
    if parameters[0] == _RF_FIELD:
        radio.switch_field(bool(parameters[1] & 0x01))
    if parameters[0] == _MAX_RETRIES:
        radio.passive_retries = parameters[3]
    return Answer()


def _release(parameters: bytes, radio: Radio) -> Answer:
    """7.3.9 and 7.3.11: target 0 means all of them and is always fine."""
    if len(parameters) != 1:
        raise SyntaxRefused("one target number")
    number = parameters[0]
    if number > len(radio.targets):
        return Answer(_ERROR_NO_SUCH_TARGET)
    if number == 0:
        radio.targets = []
    return Answer(_OK)


def _in_release(parameters: bytes, radio: Radio) -> Answer:
    answer = _release(parameters, radio)
    if answer.data == _OK and parameters[0]:
        del radio.targets[parameters[0] - 1]
    return answer


def _list_passive_target(parameters: bytes, radio: Radio, done: Done) -> None:
    """7.3.5: MaxTg, BrTy, and optionally the UID of the one card that shall answer."""
    if len(parameters) < 2 or not 1 <= parameters[0] <= _MOST_TARGETS or parameters[1] > _LAST_BAUD_AND_TYPE:
        raise SyntaxRefused("InListPassiveTarget: 1 or 2 targets of a known baud rate and type")
    wanted = parameters[2:]
    if parameters[1] != _BAUD_106_TYPE_A:
        # The cards here are all of type A: no UID is as short as this one, so nothing answers.
        wanted = b"\x00"
    radio.search(parameters[0], wanted, lambda found: done(Answer(_target_data(found))))


def _target_data(found: list[Card]) -> bytes:
    data = bytes([len(found)])
    for number, card in enumerate(found, start=1):
        data += bytes([number]) + card.sens_res + bytes([card.sel_res, len(card.uid)]) + card.uid + card.ats
    return data


_IMMEDIATE: dict[int, Callable[[bytes, Radio], Answer]] = {
    GET_FIRMWARE_VERSION: _get_firmware_version,
    GET_GENERAL_STATUS: _get_general_status,
    SAM_CONFIGURATION: _sam_configuration,
    POWER_DOWN: _power_down,
    RF_CONFIGURATION: _rf_configuration,
    IN_DESELECT: _release,
    IN_RELEASE: _in_release,
}
