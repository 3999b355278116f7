"""What tests of other people rely on: names, signatures, expectations, and the example in the README."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import terminal_sim
from terminal_sim import Bench, Machine, NotSeen, VirtualPrinter, play
from terminal_sim.expectations import EXPECTATIONS
from terminal_sim.journal import open_records
from terminal_sim.vm.files import Files
from terminal_sim.vm.flash import FlashChip
from tests.terminal_sim.pos_ledger import API_TOKEN

ANNA = "04A1B2C3D4E5F6"
README = Path(terminal_sim.__file__).parent / "README.md"
# Who changes a line here breaks the tests of others: it belongs into the changelog.
PUBLIC = [
    *("BadAction", "BadStory", "Bench", "Machine", "NotSeen", "VirtualPrinter", "perform", "play"),
    *("read_story", "write_story"),
]
SIGNATURES = {
    Bench: """
        __init__(self, clock: str = 'virtual', state_dir: Path | str | None = None, seed: int | None = None)
        catch_up(self)
        close(self)
        leap(self, seconds: float)
        run_for(self, seconds: float)
        terminal(self, device: str, ledger_url: str, api_token: str | None, name: str | None = None, **config)
    """,
    VirtualPrinter: """
        __init__(self, *, port: int = 0, paper_mm: int = 80, drawer_pin: Literal[2, 5] = 2)
        close(self)
        go_offline(self)
        go_online(self)
        lose_connection_after(self, count: int)
        plug_in(self)
        run_out_after(self, lines: int)
        tear_off(self) -> Receipt | None
        unplug(self)
        wait_receipts(self, count: int, within_s: float = 5.0) -> list[Receipt]
    """,
    Machine: """
        at(self, seconds: float, act: Callable[[], Any])
        balance_cents(self, uid: str) -> int
        boot(self)
        cut_power(self)
        cut_power_at(self, flash_operation: int, torn: bool = True)
        cut_power_when(self, condition: Callable[[], bool] | str)
        expect_balance(self, uid: str, cents: int, timeout_s: float = 30.0)
        expect_change(self, uid: str, cents: int, timeout_s: float = 30.0)
        expect_coin_returned(self, cents: int, timeout_s: float = 30.0)
        expect_console(self, text: str, timeout_s: float = 30.0)
        expect_cups(self, cups: int, timeout_s: float = 30.0)
        expect_display(self, text: str, timeout_s: float = 30.0)
        expect_health(self, text: str, timeout_s: float = 30.0)
        expect_journal(self, depth: int, timeout_s: float = 30.0)
        expect_keys(self, keys: int, timeout_s: float = 30.0)
        expect_posts(self, posts: int, timeout_s: float = 30.0)
        expect_power(self, is_on: bool, timeout_s: float = 30.0)
        expect_relay(self, closures: int, timeout_s: float = 30.0)
        expect_sold(self, items: int, timeout_s: float = 30.0)
        insert_coin(self, cents: int) -> bool
        key(self, key: str)
        keys(self, keys: str)
        leap(self, seconds: float)
        note_balance(self, uid: str)
        press(self, button: str | int)
        read_file(self, path: str) -> bytes
        report(self) -> str
        run_for(self, seconds: float)
        shows(self, text: str) -> bool
        untap(self)
        wait_until(self, predicate: Callable[[], bool], timeout_s: float = 30)
    """,
}


def _said(signature: str) -> str:
    signature = signature.replace("'", "").replace("**config: Any", "**config")
    return signature.removesuffix(" -> None").removesuffix(" -> Machine")


@pytest.mark.parametrize("kind", SIGNATURES, ids=lambda kind: kind.__name__)
def test_names_and_signatures_are_those_that_were_promised(kind):
    promised = [line.strip() for line in SIGNATURES[kind].strip().splitlines()]
    names = [line.partition("(")[0] for line in promised]
    found = [f"{name}{inspect.signature(getattr(kind, name))}" for name in names]
    assert [_said(line) for line in found] == [_said(line) for line in promised]


def test_what_is_public_can_be_imported_from_the_package():
    assert sorted(terminal_sim.__all__) == PUBLIC
    assert all(getattr(terminal_sim, name).__doc__ for name in PUBLIC)


def test_the_example_of_the_readme_passes_word_for_word(ledger, tmp_path):
    (example,) = re.findall(r"```python\n(import os\n.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "test_my_ledger.py"
    file.write_text(example, encoding="utf-8")
    ledger.balances[ANNA] = 500
    surroundings = {"LEDGER_URL": ledger.url, "API_TOKEN": API_TOKEN, "PYTHONPATH": str(README.parents[1])}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", ".", file.name]
    ended = subprocess.run(
        command, cwd=tmp_path, env=os.environ | surroundings, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout
    assert ledger.balances[ANNA] == 380


def test_the_story_of_the_readme_goes_as_it_is_told(ledger, tmp_path):
    (told,) = re.findall(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "offline.toml"
    file.write_text(told, encoding="utf-8")
    ledger.balances[ANNA] = 0
    assert play(file, ledger.url, {"coffee": API_TOKEN}, say=str).failure is None


NOT_MET = {
    ("expect_display", "Tea"): "'Tea' was not on the display",
    ("expect_console", "Tea"): "'Tea' was not on the console",
    ("expect_health", "station: Corner"): "'station: Corner' was not reported",
    ("expect_power", False): "the power should be off",
    ("expect_relay", 1): "the relay's closures should be 1 and is 0",
    ("expect_cups", 1): "the number of cups should be 1 and is 0",
    ("expect_sold", 1): "the number of items sold should be 1 and is 0",
    ("expect_posts", 1): "the number of postings sent should be 1 and is 0",
    ("expect_keys", 1): "the number of idempotency keys should be 1 and is 0",
    ("expect_journal", 1): "the number of unsettled records should be 1 and is 0",
}


def test_an_expectation_that_is_not_met_says_what_is_and_shows_the_terminal(coffee):
    for (name, value), message in NOT_MET.items():
        with pytest.raises(NotSeen) as failed:
            getattr(coffee, name)(value, timeout_s=0.2)
        assert message in str(failed.value)
        assert "Choose a drink" in str(failed.value)


def test_every_expectation_can_be_had_in_python(coffee):
    assert all(callable(getattr(coffee, name)) for name in EXPECTATIONS)


def test_an_unsettled_purchase_stands_in_the_journal_until_the_ledger_is_heard(coffee, ledger):
    ledger.balances[ANNA] = 500
    coffee.network.drop_answer(times=9, method="POST")
    coffee.press("espresso")
    coffee.tap(ANNA)
    coffee.expect_journal(1)
    assert [(each.kind, each.token) for each in coffee.open_records] == [("vend", ANNA)]
    coffee.cut_power()
    coffee.expect_journal(1)
    coffee.untap()
    coffee.network.online()
    coffee.boot()
    coffee.expect_journal(0, timeout_s=60)
    coffee.expect_balance(ANNA, 500)


def test_what_has_a_time_happens_in_the_middle_of_a_wait(coffee):
    began_s, seen_s = coffee.seconds, []
    for after_s in (2, 0.5):
        coffee.at(began_s + after_s, lambda: seen_s.append(round(coffee.seconds - began_s, 2)))
    coffee.run_for(5)
    assert seen_s == [0.5, 2.0]


JOURNAL = """00000000 ["intent",7,"a-7","vend","04AA",120,null,""]
00000000 ["coin_mark",null,""]
00000000 ["intent",8,"a-8","coin","04BB",50,null,""]
00000000 ["approved",7,null]
00000000 ["intent",9,"a-9","top_up","04CC",500,null,""]
00000000 ["credited",9,null]
00000000 ["int"""


@pytest.mark.parametrize(("settled", "is_open"), [("", [7, 8]), ("7 00000000", [8]), ("8 00000000", [])])
def test_a_journal_is_read_up_to_its_torn_end_without_what_is_settled(settled, is_open):
    files = Files(FlashChip())
    files.write("/state/journal", JOURNAL.encode())
    files.write("/state/settled", settled.encode())
    assert [record.number for record in open_records(files)] == is_open
    files.abandon()


def test_a_journal_tells_how_far_each_record_is():
    files = Files(FlashChip())
    assert open_records(files) == []
    files.write("/state/journal", JOURNAL.encode())
    assert [(each.key, each.cents, each.state) for each in open_records(files)] == [
        ("a-7", 120, "approved"),
        ("a-8", 50, "intent"),
    ]
    files.abandon()


def test_the_latest_lines_of_a_journal_are_read_from_the_short_file_that_is_in_use():
    files = Files(FlashChip())
    whole = JOURNAL.rpartition("\n")[0] + "\n"
    files.write("/state/journal", f'{whole}00000000 ["short_file",-3,null]\n["t'.encode())
    files.write("/state/journal.0", b'00000000 ["vended",7,null]\n')
    files.write("/state/journal.1", b'00000000 ["credited",8,null]\n00000000 ["intent",10,"a-10","coin",')
    assert [record.number for record in open_records(files)] == [7]
    files.abandon()
