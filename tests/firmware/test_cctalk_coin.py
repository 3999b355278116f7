"""The driver of a ccTalk acceptor against the acceptor: each coin told once, whatever happens on the line."""

import pytest

from tests.firmware.changers import Changer
from tests.firmware.world import World

FIVE = [(4, 1), (4, 1), (3, 1), (4, 1), (4, 1)]


@pytest.fixture
def changer(world):
    return Changer(world).power_on()


def test_it_is_identified_and_opened_for_the_coins_that_are_taken(world, capsys):
    changer = Changer(world).power_on()
    assert (
        "coins: SIM SIM-8: EU200A EU100A EU050A EU020A EU010A EU005A EU002A EU001A" in capsys.readouterr().out
    )
    assert changer.acceptor.takes("EU200A")
    # Known, but not in coins_cents.
    assert not changer.acceptor.takes("EU002A")
    assert changer.stuck == changer.remarks == []


@pytest.mark.parametrize("uses_crc", [False, True])
def test_each_coin_is_told_once_in_order_with_either_checksum(world, uses_crc):
    changer = Changer(world, uses_crc=uses_crc).power_on()
    changer.insert(200, 100, 50, 20, 10, 5)
    assert changer.coins == [200, 100, 50, 20, 10, 5]
    assert changer.acceptor.till.unread_cents == 0


def test_five_coins_between_two_polls_are_told_in_order(world, changer):
    for position in (1, 2, 3, 4, 5):
        changer.acceptor.event((position, 1))
    world.pass_ms(500)
    assert changer.coins == [200, 100, 50, 20, 10]


def test_more_than_five_coins_between_two_polls_are_an_alarm_and_nothing_is_guessed(world, changer):
    for _ in range(7):
        changer.acceptor.event((1, 1))
    world.pass_ms(1000)
    assert changer.coins == []
    assert changer.remarks == ["7 events, coins lost"]
    assert changer.stuck == ["coins_lost"]
    assert not changer.acceptor.takes("EU200A")
    world.pass_ms(60000)
    assert changer.stuck == ["coins_lost"]
    assert not changer.acceptor.takes("EU200A")


def test_the_counter_goes_round_from_255_to_1_and_no_coin_is_lost_or_doubled(world, changer):
    changer.power_off()
    changer.acceptor.forge(253, FIVE)
    changer.mark = "fd" + "".join(f"{a:02x}{b:02x}" for a, b in FIVE)
    changer.power_on()
    changer.insert(50, 20, 10, 5)
    assert changer.acceptor.counter == 2
    assert changer.coins == [50, 20, 10, 5]


def test_an_acceptor_that_starts_again_is_taken_as_it_is_and_its_coins_are_let_in_again(world, changer):
    changer.insert(50)
    changer.acceptor.reset()
    assert not changer.acceptor.takes("EU050A")
    world.pass_ms(5000)
    assert changer.acceptor.takes("EU050A")
    changer.insert(20)
    assert changer.coins == [50, 20]
    assert changer.remarks == []


def test_an_acceptor_that_starts_again_before_its_first_coin_is_opened_again_too(world, changer):
    changer.acceptor.reset()
    world.pass_ms(3000)
    assert changer.acceptor.takes("EU050A")


def test_coins_that_follow_a_reset_unseen_are_noted_and_not_booked(world, changer):
    changer.insert(*[20] * 6)
    changer.power_off()
    changer.acceptor.reset()
    changer.acceptor.event((1, 1))
    changer.acceptor.event((2, 1))
    changer.power_on()
    assert changer.coins == [20] * 6
    assert changer.remarks == ["acceptor reset, 2 coins not booked"]
    changer.insert(10)
    assert changer.coins == [20] * 6 + [10]


def test_after_our_own_restart_coins_that_fell_meanwhile_are_told_and_none_twice(world, changer):
    changer.insert(50, 20)
    changer.power_off()
    # Nobody has closed it: the device lost its power with the slot open.
    changer.insert(100, 10)
    changer.power_on()
    assert changer.coins == [50, 20, 100, 10]
    changer.power_off()
    changer.power_on()
    assert changer.coins == [50, 20, 100, 10]


def test_without_a_mark_the_counter_is_the_baseline_nothing_is_credited_and_people_are_told(world):
    changer = Changer(world)
    changer.acceptor.forge(17, FIVE)
    changer.power_on()
    assert changer.coins == []
    assert changer.remarks == ["counter 17 was not known"]
    changer.insert(50)
    assert changer.coins == [50]


def test_a_new_acceptor_on_a_new_device_is_nothing_remarkable(world, changer):
    assert changer.remarks == []
    assert changer.mark == "00" * 11


def test_a_coin_that_the_flash_refuses_is_told_again_until_it_is_kept(world, changer):
    changer.is_refusing = True
    changer.insert(50, 20)
    world.pass_ms(2000)
    assert changer.coins == []
    assert changer.mark.startswith("00")
    changer.is_refusing = False
    world.pass_ms(500)
    assert changer.coins == [50, 20]


def test_nothing_opens_it_before_its_first_reading_is_on_flash(world):
    changer = Changer(world)
    changer.is_refusing = True
    changer.power_on()
    assert not changer.acceptor.takes("EU200A")
    changer.is_refusing = False
    world.pass_ms(1000)
    assert changer.acceptor.takes("EU200A")


def test_an_unknown_coin_is_noted_by_its_id_and_never_rounded(world):
    changer = Changer(world, coins=("EU200A", "GB100A", "EU03OA", "EU020a")).power_on()
    for position in (2, 3, 9, 16):
        changer.acceptor.event((position, 1))
    world.pass_ms(1000)
    assert changer.coins == []
    assert changer.remarks == ["coin GB100A", "coin EU03OA", "coin ......", "coin ......"]


def test_coin_ids_that_are_not_the_same_twice_are_asked_for_again(world):
    changer = Changer(world)
    answers = changer.acceptor._answers
    asked = []

    def one_behind_at_first():
        right = answers()
        asked.append(None)
        # As if the answer to each question came with the next one.
        return right | {184: lambda data: right[184](bytes([max(1, data[0] - (len(asked) < 25))]))}

    changer.acceptor._answers = one_behind_at_first
    changer.power_on(after_ms=6000)
    changer.insert(50)
    assert changer.coins == [50]


def test_a_coin_that_falls_through_moves_the_counter_and_no_money(world, changer):
    assert not changer.acceptor.insert_coin("XX999A")
    world.pass_ms(1000)
    assert changer.told == []
    assert changer.mark.startswith("01")
    changer.insert(50)
    assert changer.coins == [50]


def test_it_opens_and_closes_as_asked_and_says_how_long_it_has_been_quiet(world, changer):
    assert changer.driver.quiet_ms() == 0
    changer.driver.accept(False)
    world.pass_ms(1000)
    assert not changer.acceptor.takes("EU050A")
    assert 500 < changer.driver.quiet_ms() <= 1000
    changer.driver.accept(True)
    world.pass_ms(500)
    assert changer.acceptor.takes("EU050A")


def test_a_coin_that_is_falling_when_it_closes_still_counts(world, changer):
    assert changer.acceptor.insert(50)
    changer.driver.accept(False)
    world.pass_ms(2000)
    assert changer.coins == [50]


def test_a_device_that_starts_closes_first_what_it_had_left_open(world, changer):
    changer.power_off()
    changer.power_on(after_ms=150, is_wanted=False)
    assert not changer.acceptor.takes("EU050A")


@pytest.mark.parametrize("seed", range(6))
def test_power_cuts_of_device_and_acceptor_at_any_moment_lose_and_double_nothing(seed):
    import random

    dice = random.Random(seed)
    with World() as world:
        changer = Changer(world).power_on()
        for _ in range(25):
            changer.acceptor.insert(dice.choice((5, 10, 20, 50, 100, 200)))
            world.pass_ms(dice.randint(0, 700))
            event = dice.randint(0, 9)
            if event < 4:
                changer.power_off()
                world.pass_ms(dice.randint(0, 3000))
                changer.power_on(after_ms=dice.randint(0, 4000))
            elif event < 6:
                changer.acceptor.power(False)
                world.pass_ms(dice.randint(0, 3000))
                changer.acceptor.power(True)
                world.pass_ms(dice.randint(0, 5000))
        world.pass_ms(15000)
        till = changer.acceptor.till
        # What an acceptor forgot before anybody could ask is lost with it; all else is told once.
        assert sum(changer.coins) == till.accepted_cents - till.unread_cents
        assert changer.remarks == []
        assert changer.coins
