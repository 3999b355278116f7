"""The flash: what survives a power cut, wherever it strikes, and what does not."""

from __future__ import annotations

import zlib

import pytest

from terminal_sim.vm.files import Files
from terminal_sim.vm.flash import FlashChip

# Appends checked lines one by one, and says on the console when the flush of each has returned.
JOURNAL = """
import asyncio, binascii, os
async def main():
    n = 0
    with open("/journal", "a") as journal:
        while n < 6:
            n += 1
            text = "%d,%s" % (n, "x" * 40)
            journal.write("%s,%08x\\n" % (text, binascii.crc32(text.encode())))
            journal.flush()
            print(n)
            await asyncio.sleep_ms(10)
            if n % 3 == 0:
                with open("/settled.new", "w") as settled:
                    settled.write(str(n))
                os.rename("/settled.new", "/settled")
asyncio.run(main())
"""


def _sound_lines(raw: bytes) -> list[int]:
    numbers = []
    for line in raw.decode().splitlines():
        text, _, check = line.rpartition(",")
        assert zlib.crc32(text.encode()) == int(check, 16)
        numbers.append(int(text.split(",")[0]))
    return numbers


def _read(files: Files, path: str) -> bytes:
    return files.read(path) if path[1:] in files.names() else b""


def test_a_power_cut_at_any_flash_operation_loses_nothing_that_was_flushed(make_device, run_for):
    whole = make_device(JOURNAL)
    before = whole.chip.operations
    run_for(whole, 1)
    run_operations = whole.chip.operations - before
    assert run_operations > 6
    for operation in range(1, run_operations + 1):
        device = make_device(JOURNAL, boots=False)
        device.chip.fail_at(operation, torn=True)
        device.boot()
        run_for(device, 1)
        assert not device.is_powered
        promised = [int(line) for line in device.console]
        written = _sound_lines(_read(device.files(), "/journal"))
        assert written[: len(promised)] == promised
        assert len(written) - len(promised) in (0, 1)
        settled = _read(device.files(), "/settled")
        assert settled in (b"", b"3", b"6")
        device.close()


def test_what_was_not_flushed_is_gone(make_device, run_for):
    device = make_device(
        "import asyncio\n"
        "async def main():\n    f = open('/log', 'a')\n    f.write('kept')\n    f.flush()\n"
        "    f.write('lost' * 100)\n    await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    run_for(device, 1)
    device.power_off()
    assert device.files().read("/log") == b"kept"


def test_the_device_goes_on_from_its_flash_after_a_power_cut(make_device):
    device = make_device("with open('/count', 'a') as f:\n    f.write('x')\nprint(open('/count').read())")
    for _ in range(2):
        device.power_off()
        device.boot()
    assert device.console == ["x", "xx", "xxx"]


def test_a_state_file_keeps_the_flash_between_two_simulators(make_device, tmp_path):
    path = tmp_path / "state" / "one.flash"
    first = make_device("with open('/note', 'w') as f:\n    f.write('hello')", chip=FlashChip(path))
    first.close()
    second = make_device("print(open('/note').read())", chip=FlashChip(path))
    assert second.console == ["hello"]


def test_a_file_that_is_no_image_is_refused(tmp_path):
    path = tmp_path / "one.flash"
    path.write_bytes(b"short")
    with pytest.raises(ValueError, match="no flash image"):
        FlashChip(path)


def test_the_filesystem_calls_behave_as_on_a_device(make_device):
    device = make_device(
        "import os\n"
        "os.mkdir('/d')\n"
        "with open('/d/a', 'wb') as f:\n    print(f.write(b'one\\ntwo\\nthree'), f.tell())\n"
        "with open('/d/a') as f:\n    print(f.readline(), f.read(2), f.seek(-2, 2), f.read())\n"
        "with open('/d/a', 'r+b') as f:\n    f.write(b'ONE')\n"
        "print([line.strip() for line in open('/d/a')])\n"
        "print(sorted(os.listdir('/d')), os.stat('/d/a')[6], os.stat('/d')[0] == 0x4000)\n"
        "os.rename('/d/a', '/d/b')\n"
        "os.chdir('/d')\nprint(os.getcwd(), open('b').read(3))\nos.chdir('/')\n"
        "print([e[0] for e in os.ilistdir('/d')])\n"
        "for action in (lambda: open('/none'), lambda: os.rmdir('/d'), lambda: os.mkdir('/d')):\n"
        "    try:\n        action()\n    except OSError as error:\n        print(error.errno)\n"
        "os.remove('/d/b')\nos.rmdir('/d')\nprint('d' in os.listdir('/'), os.statvfs('/')[0])"
    )
    assert device.console == [
        "13 13",
        "one",
        " tw 11 ee",
        "['ONE', 'two', 'three']",
        "['a'] 13 True",
        "/d ONE",
        "['b']",
        "2",
        "39",
        "17",
        "False 4096",
    ]


def test_operations_are_counted_from_one():
    with pytest.raises(ValueError, match="from 1"):
        FlashChip().fail_at(0, torn=False)
