"""The plan of an evening: repeatable, and with everything in it that an evening has."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from terminal_sim.fleet.plan import BUY, LOOK, LOOK_AND_BUY, TOP_UP, Crowd, Pace, draw

CROWD = Crowd(
    bars=[f"bar-{number}" for number in range(18)],
    desks=["desk-0", "desk-1"],
    tokens=[f"04F1EE{number:08X}" for number in range(60)],
    blocked=["04F1EE00000099"],
)
PACE = Pace(taps_per_minute=2000, minutes=2, lost_share=0.05)
TAPS = draw(CROWD, PACE, 1)


def test_the_same_seed_draws_the_same_taps_and_another_seed_others():
    assert draw(CROWD, PACE, 1) == TAPS
    assert draw(CROWD, PACE, 2) != TAPS


def test_so_many_taps_come_as_were_asked_for_in_their_order_and_within_the_time():
    times_s = [tap.at_s for tap in TAPS]
    assert len(TAPS) == 4000
    assert times_s == sorted(times_s)
    assert 0 <= times_s[0] < 1
    assert 119 < times_s[-1] <= 120


def test_bars_sell_and_cash_desks_take_money():
    for tap in TAPS:
        assert tap.terminal in (CROWD.bars if tap.does in (BUY, LOOK_AND_BUY) else CROWD.desks)
    done = Counter(tap.does for tap in TAPS)
    assert done[BUY] > done[TOP_UP] > done[LOOK] > 0
    assert done[LOOK_AND_BUY] > 0


def test_without_a_cash_desk_there_are_sales_only():
    done = {tap.does for tap in draw(replace(CROWD, desks=[]), PACE, 1)}
    assert done == {BUY, LOOK_AND_BUY}


def test_one_token_comes_at_two_bars_at_one_moment():
    together = Counter((tap.at_s, tap.token) for tap in TAPS)
    twins = [moment for moment, count in together.items() if count == 2]
    assert len(twins) > 20
    at, token = twins[0]
    bars = {tap.terminal for tap in TAPS if (tap.at_s, tap.token) == (at, token)}
    assert len(bars) == 2


def test_some_tokens_are_blocked_or_known_to_nobody():
    known = {*CROWD.tokens}
    others = Counter(
        "blocked" if tap.token in CROWD.blocked else "unknown" for tap in TAPS if tap.token not in known
    )
    assert others["unknown"] > 20
    assert others["blocked"] > 10


def test_something_is_lost_as_often_as_asked_and_never_where_a_device_would_ask_for_ever():
    lost = [tap for tap in TAPS if tap.lost]
    assert 0.03 * len(TAPS) < len(lost) < 0.07 * len(TAPS)
    assert {tap.token for tap in lost} <= {*CROWD.tokens}
    assert {tap.lost for tap in lost} == {"request", "answer", "broken", "silence"}
    assert not any(tap.lost for tap in draw(CROWD, replace(PACE, lost_share=0), 1))


def test_a_device_is_gone_to_only_as_often_as_it_can_serve():
    slow = replace(CROWD, slow=frozenset(["bar-0"]))
    visits = Counter(tap.terminal for tap in draw(slow, PACE, 1))
    assert 20 < visits["bar-0"] < 80
    assert visits["bar-1"] > 130
