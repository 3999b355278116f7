"""Updates on the real MicroPython VM: compiled slots start, are confirmed or given up; keys are checked."""

import pytest
import slots

from ledger.bundles.build import build
from ledger.bundles.sources import CHECKOUT
from ledger.foundation.progress import quietly
from terminal_sim import Bench
from terminal_sim.device import Device
from tests.factories.firmware import key_pair, manifest_of, signature_of

NOWHERE = "http://127.0.0.1:1"
# Runs on the VM what tests/domain/firmware/test_manifests.py runs on the ledger.
CHECK = """
import hashlib, slots
from ota.signature import is_signed, read_key
modulus = read_key(slots.Flash(), "/update_key.json")
manifest, signature = {manifest!r}, bytes.fromhex({signature!r})
for changed in (manifest, manifest + b" "):
    print(is_signed(hashlib.sha256(changed).digest(), signature, modulus))
for number in (int.from_bytes(signature, "big") ^ 1, 0, modulus - 1):
    print(is_signed(hashlib.sha256(manifest).digest(), number.to_bytes(256, "big"), modulus))
"""


@pytest.fixture
def bench():
    """Return a bench in virtual time."""
    with Bench(seed=1) as made:
        yield made


@pytest.fixture(scope="module")
def bundle():
    """Return the firmware as it is, compiled for the simulator."""
    return build(CHECKOUT, "simulator", quietly)


def on_trial(bench, contents, tries="3"):
    """Return a device whose slot a has these modules, which is to be tried so often."""
    machine = bench.terminal(device="coffee_machine", ledger_url=NOWHERE, api_token="token")
    machine.cut_power()
    files = machine.device.files()
    for path, content in contents.items():
        files.write(f"/app_a/{path}", content)
    slots.write(_Outside(files), "a", tries, "root")
    machine.boot()
    return machine


class _Outside:
    """Writes to the flash of a device that is off."""

    def __init__(self, files):
        self._files = files

    def open(self, path, mode):
        """Open a file to write it whole."""
        return _Whole(self._files, path)

    def rename(self, old, new):
        """Rename."""
        self._files.path_rename(old, new)


class _Whole:
    def __init__(self, files, path):
        self._files, self._path = files, path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return

    def write(self, data):
        self._files.write(self._path, data)

    def flush(self):
        return


def said(machine, text):
    """Count the lines of the console that have a text."""
    return sum(text in line for line in machine.console)


def test_the_device_itself_tells_a_good_signature_from_any_other():
    device, manifest = Device("signatures"), manifest_of({"app.mpy": b"M\x06"})
    files = device.files()
    for path in ("slots.py", "ota/signature.py", "ota/errors.py"):
        files.write(f"/{path}", (CHECKOUT / path).read_bytes())
    files.write("/update_key.json", key_pair().public)
    files.write("/main.py", CHECK.format(manifest=manifest, signature=signature_of(manifest)).encode())
    device.boot()
    assert device.console == ["True", "False", "False", "False", "False"], device.program_error
    device.close()


def test_a_slot_whose_device_does_not_become_healthy_is_given_up(bench, bundle):
    machine = on_trial(bench, bundle.contents, tries="1")
    machine.wait_display("No connection")
    assert said(machine, "ota: version 0.2.0 runs from a, 0") == 1
    machine.run_for(320)
    assert said(machine, "does not become healthy: the ledger is out of reach; starting again") == 1
    assert said(machine, "ota: version 0.2.0 runs from root, rolled_back") == 1
    machine.wait_display("No connection")


@pytest.mark.parametrize(
    "broken", [b"garbage", b"M\x05\x00\x1f", None], ids=["garbage", "another .mpy version", "missing"]
)
def test_a_slot_that_cannot_start_is_given_up_within_seconds(bench, bundle, broken):
    contents = {path: content for path, content in bundle.contents.items() if path != "system/health.mpy"}
    machine = on_trial(bench, contents if broken is None else {**contents, "system/health.mpy": broken})
    machine.run_for(15)
    assert said(machine, "slots: the program cannot run, starting again") == 3
    assert said(machine, "ota: version 0.2.0 runs from root, rolled_back") == 1
    machine.wait_display("No connection")


def test_a_program_of_which_nothing_is_left_starts_again_each_minute():
    device = Device("empty")
    for path in ("main.py", "slots.py"):
        device.files().write(f"/{path}", (CHECKOUT / path).read_bytes())
    device.boot()
    until_us = device.timeline.now_us() + 150_000_000
    while device.timeline.now_us() < until_us:
        device.advance(until_us)
    assert sum("slots: the program cannot run, starting again" in line for line in device.console) in (2, 3)
    device.close()
