"""A ccTalk line that is disturbed, late, dead or full of noise: no coin is lost, doubled or made up."""

import pytest

from tests.firmware.changers import Changer


@pytest.fixture
def changer(world):
    return Changer(world).power_on()


DISTURBANCES = {
    "collisions": lambda faults: setattr(faults, "collisions", 2),
    "lost bytes": lambda faults: setattr(faults, "lost_bytes", 2),
    "wrong checksums": lambda faults: setattr(faults, "wrong_checksums", 2),
    "a foreign address": lambda faults: setattr(faults, "foreign_answers", 2),
    "late answers": lambda faults: setattr(faults, "late_us", 90_000),
}


@pytest.mark.parametrize("name", DISTURBANCES)
def test_a_disturbed_line_loses_and_doubles_no_coin(world, changer, name):
    for cents in (50, 20, 200):
        DISTURBANCES[name](changer.acceptor.faults)
        changer.insert(cents)
        world.pass_ms(2000)
    assert changer.coins == [50, 20, 200]
    assert changer.stuck == changer.remarks == []


@pytest.mark.parametrize("late_ms", [150, 250, 400, 900])
def test_answers_that_come_too_late_are_never_taken_for_others(world, late_ms):
    changer = Changer(world)
    changer.acceptor.faults.late_us = late_ms * 1000
    changer.power_on(after_ms=30000)
    assert changer.stuck == ["coin_acceptor_silent"]
    changer.acceptor.faults.late_us = 0
    world.pass_ms(10000)
    changer.insert(50)
    assert changer.coins == [50]
    assert changer.stuck == ["coin_acceptor_silent", None]
    assert changer.remarks == []


@pytest.mark.parametrize("fault", ["is_stuck", "is_mute"])
def test_a_dead_line_is_said_within_eight_seconds_and_mends_by_itself(world, changer, fault):
    changer.insert(50)
    setattr(changer.acceptor.faults, fault, True)
    world.pass_ms(8000)
    assert changer.stuck == ["coin_acceptor_silent"]
    assert changer.driver.quiet_ms() == 0
    world.pass_ms(60000)
    setattr(changer.acceptor.faults, fault, False)
    world.pass_ms(5000)
    assert changer.stuck == ["coin_acceptor_silent", None]
    changer.insert(20)
    assert changer.coins == [50, 20]


def test_garbage_for_a_minute_makes_no_money_is_said_and_is_over_when_it_ends(world, changer, capsys):
    changer.insert(50)
    changer.acceptor.make_noise(60)
    world.pass_ms(60000)
    assert changer.coins == [50]
    assert changer.stuck == ["coin_acceptor_silent"]
    world.pass_ms(6000)
    changer.insert(20)
    assert changer.coins == [50, 20]
    assert changer.remarks == []
    assert "the acceptor answers again" in capsys.readouterr().out


def test_an_inhibit_whose_acknowledge_is_lost_is_sent_again(world, changer):
    changer.acceptor.faults.keeps_quiet_about = {228}
    changer.driver.accept(False)
    world.pass_ms(1000)
    assert changer.driver.quiet_ms() == 0
    changer.acceptor.faults.keeps_quiet_about = set()
    world.pass_ms(3000)
    assert changer.driver.quiet_ms() > 500
    assert not changer.acceptor.takes("EU050A")


def test_something_else_than_a_coin_acceptor_is_never_opened(world):
    changer = Changer(world)
    changer.acceptor._answers = lambda: {
        254: lambda _data: b"",
        228: lambda _data: b"",
        245: lambda _data: b"Payout",
    }
    changer.power_on(after_ms=8000)
    assert changer.stuck == ["coin_acceptor_silent"]
    assert 231 not in changer.acceptor.heard
