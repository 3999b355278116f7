"""The vending bus on the real MicroPython VM: the transcripts, with a locked heap in interrupts."""

from pathlib import Path

from terminal_sim.device import Device
from tests.firmware.mdb_player import transcripts
from tests.firmware.test_mdb_transcripts import TEXT
from tests.terminal_sim.chips.microcontroller import FIRMWARE

PROGRAM = """
from mdb_player import play_all
wrong = play_all(open("/transcripts.txt").read())
for what in wrong:
    print(what)
print(len(wrong), "otherwise")
"""


def test_the_transcripts_are_kept_and_nothing_is_allocated_in_interrupts():
    device = Device("mdb")
    files = device.files()
    for folder in ("drivers", "system"):
        for source in (FIRMWARE / folder).glob("*.py"):
            files.write(f"/{folder}/{source.name}", source.read_bytes())
    files.write("/mdb_player.py", (Path(__file__).parent / "mdb_player.py").read_bytes())
    files.write("/transcripts.txt", TEXT.encode())
    files.write("/main.py", PROGRAM.encode())
    try:
        device.boot()
        assert (device.console, device.program_error) == (["0 otherwise"], None)
        assert len(transcripts(TEXT)) > 20
    finally:
        device.close()
