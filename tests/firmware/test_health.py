"""Health and safe mode: tasks that fail or hang, and a device that cannot run at all."""

import asyncio
import types

import pytest
from system import health, safe_mode
from system.bus import BusHealth
from system.config import ConfigError


class Watchdog:
    def __init__(self):
        self.feeds = 0

    def feed(self):
        self.feeds += 1


def test_the_watchdog_is_fed_while_all_tasks_beat(world):
    watchdog = Watchdog()
    supervisor = health.Supervisor(watchdog)

    async def lively(beat):
        while True:
            beat()
            await asyncio.sleep(0.5)

    async def start():
        supervisor.start("one", lively, 2000)
        supervisor.start("two", lively, 2000)
        await supervisor.watch()

    world.start(start())
    world.pass_ms(10500)
    assert watchdog.feeds == 11


def test_one_task_that_hangs_lets_the_watchdog_bite(world):
    watchdog = Watchdog()
    supervisor = health.Supervisor(watchdog)

    async def hangs(beat):
        beat()
        await asyncio.Event().wait()

    async def start():
        supervisor.start("hangs", hangs, 5000)
        await supervisor.watch()

    world.start(start())
    world.pass_ms(60000)
    assert 5 <= watchdog.feeds <= 6
    assert world.call(supervisor.late) == "hangs"


def test_a_task_that_fails_starts_again_with_growing_pauses(world):
    supervisor = health.Supervisor()
    starts = []

    async def fails(beat):
        starts.append(world.now_ms)
        raise RuntimeError("on purpose")

    async def start():
        supervisor.start("fails", fails, 60000)
        await supervisor.watch()

    world.start(start())
    world.pass_ms(8000)
    assert starts == [0, 500, 1500, 3500, 7500]


def test_the_report_names_each_bus_soon_after_the_start_and_each_hour(world, capsys):
    reader, display = BusHealth("reader"), BusHealth("display")
    supervisor = health.Supervisor()
    supervisor.buses = [reader, display]

    async def start():
        reader.fails(3)
        await supervisor.watch()

    world.start(start())
    world.pass_ms(61_000)
    assert "failures since the start: reader FAILS (3), display works (0)" in capsys.readouterr().out
    world.call(reader.works)
    world.pass_ms(3_500_000)
    told = capsys.readouterr().out
    assert "health: reader recovered after 3 failures in 61 s" in told
    assert "failures since the start" not in told
    world.pass_ms(100_000)
    assert "failures since the start: reader works (3), display works (0)" in capsys.readouterr().out


class Board:
    """A board of which only the display is left."""

    columns = 20

    def __init__(self):
        self.shown = []
        self.is_safe = False

    def make_safe(self):
        self.is_safe = True

    def build_display(self):
        return self

    async def show(self, lines):
        self.shown.append(lines)


@pytest.fixture
def board(monkeypatch):
    made = Board()
    monkeypatch.setitem(__import__("sys").modules, "boards.simulator", made)
    monkeypatch.setattr(__import__("boards"), "simulator", made, raising=False)
    return made


def test_safe_mode_says_what_is_wrong_with_the_configuration_and_stays(world, board):
    world.start(safe_mode.stay(ConfigError("api_token is missing")))
    world.pass_ms(3600_000)
    assert board.is_safe
    assert board.shown[-1] == ["Configuration:", "api_token is missing"]


def test_safe_mode_restarts_after_a_minute_when_something_else_failed(world, board, monkeypatch):
    resets = []
    machine = types.SimpleNamespace(reset=lambda: resets.append(world.now_ms))
    monkeypatch.setitem(__import__("sys").modules, "machine", machine)
    world.start(safe_mode.stay(OSError(5)))
    world.pass_ms(59000)
    assert resets == []
    assert board.shown[-1][0] == "Out of order:"
    world.pass_ms(6000)
    assert len(resets) == 1


def test_safe_mode_survives_a_board_that_fails(world, board):
    def fails():
        raise OSError(19)

    board.build_display = fails
    task = world.start(safe_mode.stay(ConfigError("x")))
    world.pass_ms(20000)
    assert not task.done()
