"""Programs in the real MicroPython VM: modules, clock, event loop and memory."""

from __future__ import annotations

import time

import pytest

from terminal_sim.vm import process


def test_a_program_runs_from_the_flash_and_imports_from_its_folders(make_device):
    device = make_device("from parts import bell\nbell.ring()\nprint(__name__)", boots=False)
    device.files().write("/parts/bell.py", b"def ring():\n    print('ding')\n")
    device.boot()
    assert device.console == ["ding", "__main__"]


def test_boot_py_runs_before_main_py(make_device):
    device = make_device("print('main')", boots=False)
    device.files().write("/boot.py", b"print('boot')")
    device.boot()
    assert device.console == ["boot", "main"]


def test_a_failing_program_leaves_its_traceback_and_an_idle_device(make_device, run_for):
    device = make_device("def f():\n    raise ValueError('broken')\nf()")
    assert "ValueError: broken" in device.program_error
    assert any('File "/main.py", line 2, in f' in line for line in device.console)
    run_for(device, 1)
    assert device.is_powered


def test_an_error_of_the_main_task_ends_the_program_as_asyncio_run_does(make_device, run_for):
    device = make_device(
        "import asyncio\n"
        "async def other():\n    while True:\n        print('other')\n        await asyncio.sleep(1)\n"
        "async def main():\n    asyncio.create_task(other())\n    await asyncio.sleep_ms(2500)\n    1 // 0\n"
        "asyncio.run(main())"
    )
    run_for(device, 10)
    assert device.console.count("other") == 3
    assert "ZeroDivisionError" in device.program_error


def test_an_unheard_error_of_another_task_is_printed_and_the_program_goes_on(make_device, run_for):
    device = make_device(
        "import asyncio\n"
        "async def bad():\n    raise KeyError('lost')\n"
        "async def main():\n    asyncio.create_task(bad())\n    await asyncio.sleep(1)\n"
        "    print('still here')\n"
        "asyncio.run(main())"
    )
    run_for(device, 2)
    assert any("KeyError: lost" in line for line in device.console)
    assert device.console[-1] == "still here"
    assert device.program_error is None


def test_tasks_cancel_gather_and_time_out_on_the_virtual_clock(make_device, run_for):
    device = make_device(
        "import asyncio, time\n"
        "async def slow():\n    await asyncio.sleep(60)\n    return 7\n"
        "async def main():\n"
        "    try:\n        await asyncio.wait_for(slow(), 5)\n"
        "    except asyncio.TimeoutError:\n        print('late', time.ticks_ms())\n"
        "    print(await asyncio.gather(slow(), slow()), time.ticks_ms())\n"
        "    task = asyncio.create_task(slow())\n    await asyncio.sleep(1)\n    task.cancel()\n"
        "    try:\n        await task\n    except asyncio.CancelledError:\n        print('cancelled')\n"
        "asyncio.run(main())"
    )
    run_for(device, 70)
    assert device.console == ["late 5000", "[7, 7] 65000", "cancelled"]


def test_sixty_idle_seconds_pass_in_a_few_real_ones(make_device, run_for):
    device = make_device(
        "import asyncio\ncount = 0\n"
        "async def main():\n    global count\n    while True:\n        count += 1\n"
        "        await asyncio.sleep_ms(20)\n"
        "asyncio.run(main())"
    )
    began = time.monotonic()
    run_for(device, 60)
    # About one second on an idle machine; the margin is for a loaded one.
    assert time.monotonic() - began < 20
    assert device.vm.execute("print(count)") is None
    assert device.console == ["3000"] or device.console == ["3001"]


def test_a_real_clock_takes_its_time(make_device, run_for):
    device = make_device(
        "import asyncio, time\n"
        "async def main():\n    await asyncio.sleep_ms(300)\n    print(time.ticks_ms() >= 300)\n"
        "asyncio.run(main())",
        clock="real",
    )
    began = time.monotonic()
    run_for(device, 0.5)
    assert time.monotonic() - began >= 0.5
    assert device.console == ["True"]


def test_a_busy_wait_ends_and_blocking_sleeps_take_their_time(make_device):
    device = make_device(
        "import time\n"
        "start = time.ticks_ms()\nwhile time.ticks_diff(time.ticks_ms(), start) < 50:\n    pass\n"
        "print(time.ticks_ms() - start)\n"
        "before = time.ticks_us()\ntime.sleep_ms(30)\ntime.sleep_us(500)\ntime.sleep(1)\n"
        "print(time.ticks_diff(time.ticks_us(), before) // 1000)"
    )
    assert device.console == ["50", "1030"]


def test_ticks_wrap_around_in_the_middle_of_a_sleep(make_device, run_for):
    device = make_device(
        "import asyncio, time\n"
        "async def main():\n    before = time.ticks_ms()\n    await asyncio.sleep(2)\n"
        "    after = time.ticks_ms()\n    print(after < before, time.ticks_diff(after, before))\n"
        "asyncio.run(main())",
        uptime_ms=2**30 - 1000,
    )
    run_for(device, 3)
    assert device.console == ["True 2000"]


def test_the_calendar_starts_in_2000_at_each_boot(make_device):
    device = make_device("import time\nprint(time.localtime()[0])")
    device.power_off()
    device.boot()
    assert device.console == ["2000", "2000"]


def test_random_bytes_come_from_the_one_source(make_device):
    class Sevens:
        def randbytes(self, count):
            return b"\x07" * count

    device = make_device("import os\nprint(os.urandom(3))", entropy=Sevens())
    assert device.console == ["b'\\x07\\x07\\x07'"]


def test_the_live_set_is_what_the_program_keeps_and_not_its_garbage(make_device, run_for):
    program = (
        "import asyncio\nkept = []\n"
        "async def main():\n    for i in range(50):\n        bytearray(4000)\n"
        "        await asyncio.sleep_ms(1)\n"
        "    kept.append(bytearray(20000))\n    await asyncio.sleep(1)\n"
        "asyncio.run(main())"
    )
    device = make_device(program)
    before = device.live_bytes()
    run_for(device, 0.5)
    assert 20000 <= device.live_bytes() - before < 22000


def test_tls_is_refused_in_plain_words(make_device):
    device = make_device("import ssl\nssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)")
    assert "http://" in device.program_error


@pytest.mark.parametrize("cause", ["reset", "watchdog"])
def test_a_device_that_resets_itself_boots_again_and_knows_why(make_device, run_for, cause):
    trigger = {
        "reset": "machine.reset()",
        "watchdog": "machine.WDT(timeout=2000)\nasyncio.run(main())",
    }[cause]
    device = make_device(
        "import machine, asyncio\nasync def main():\n    await asyncio.sleep(60)\n"
        "print('cause', machine.reset_cause())\n"
        "if machine.reset_cause() == 1:\n    " + trigger.replace("\n", "\n    ")
    )
    run_for(device, 5)
    assert device.console == ["cause 1", "cause 2" if cause == "reset" else "cause 3"]


def test_a_fed_watchdog_stays_quiet(make_device, run_for):
    device = make_device(
        "import machine, asyncio\nprint('boot')\n"
        "async def main():\n    dog = machine.WDT(timeout=2000)\n"
        "    while True:\n        dog.feed()\n        await asyncio.sleep(1)\n"
        "asyncio.run(main())"
    )
    run_for(device, 30)
    assert device.console == ["boot"]


def test_a_program_that_never_pauses_is_reported_instead_of_waited_for(make_device, monkeypatch):
    monkeypatch.setattr(process, "SILENCE_MS", 1500)
    with pytest.raises(process.DeviceStuck, match="without a pause"):
        make_device("while True:\n    pass")
