"""Terminals: installed once, known by their token, until it is rolled."""

from __future__ import annotations

import pytest

from ledger.domain.access.errors import CredentialRefused
from ledger.domain.devices.commands import roll_api_token
from ledger.domain.devices.errors import InvalidTerminal, TerminalExists, TerminalUnknown
from ledger.domain.devices.queries import authenticated, terminal_by_slug, terminals
from ledger.domain.devices.records import TerminalPermission
from ledger.domain.devices.rules import TERMINAL_PERMISSIONS
from ledger.foundation.permissions import Permission
from tests.factories.ledgers import contents, rows
from tests.factories.terminals import install


def terminal_by_token(reader, *, api_token):
    return authenticated(reader, api_token=api_token)[0]


def test_a_terminal_is_known_by_its_token_and_by_its_id(ledger):
    installed = install(ledger, "kiosk", permission=TerminalPermission.CREDIT)
    assert ledger.read(terminal_by_token, api_token=installed.api_token) == installed.record
    assert ledger.read(terminal_by_slug, slug="kiosk") == installed.record
    assert (installed.record.friendly_name, installed.record.permission) == (
        "Kiosk",
        TerminalPermission.CREDIT,
    )


def test_terminals_are_listed_by_their_ids(ledger):
    for slug in ("kiosk", "bar", "door"):
        install(ledger, slug)
    assert [terminal.slug for terminal in ledger.read(terminals)] == ["bar", "door", "kiosk"]
    assert ledger.read(terminals, ids=[]) == []


def test_each_terminal_has_a_box_and_sales_of_its_own(ledger):
    for slug in ("kiosk", "bar"):
        install(ledger, slug)
    opened = {code for (code,) in rows(ledger, "SELECT code FROM accounts")}
    assert opened == {
        f"{kind}:{slug}" for kind in ("terminal_sales", "cash_box") for slug in ("kiosk", "bar")
    }


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "a\x00", "\ud800", "ü" * 9000])
def test_no_other_token_is_anybodys(ledger, token):
    install(ledger)
    with pytest.raises(CredentialRefused):
        ledger.read(terminal_by_token, api_token=token)


def test_a_rolled_token_is_dead_at_once_and_the_new_one_lives(ledger, operator):
    installed = install(ledger, "kiosk")
    other = install(ledger, "bar")
    rolled = ledger.run(roll_api_token, actor=operator, slug="kiosk").answer
    assert rolled.terminal == installed.record
    with pytest.raises(CredentialRefused):
        ledger.read(terminal_by_token, api_token=installed.api_token)
    assert ledger.read(terminal_by_token, api_token=rolled.api_token) == installed.record
    assert ledger.read(terminal_by_token, api_token=other.api_token) == other.record


def test_rolling_twice_leaves_one_token(ledger, operator):
    install(ledger, "kiosk")
    tokens = [ledger.run(roll_api_token, actor=operator, slug="kiosk").answer.api_token for _ in range(2)]
    with pytest.raises(CredentialRefused):
        ledger.read(terminal_by_token, api_token=tokens[0])
    assert rows(ledger, "SELECT count(*) FROM credentials WHERE revoked_at IS NULL") == [(1,)]
    assert ledger.read(terminal_by_token, api_token=tokens[1]).slug == "kiosk"


def test_a_token_is_kept_by_its_hash_and_its_last_characters(ledger):
    api_token = install(ledger, "kiosk").api_token
    assert api_token not in repr(contents(ledger))
    assert rows(ledger, "SELECT hint FROM credentials") == [(api_token[-4:],)]


@pytest.mark.parametrize("slug", ["nobody", "", "\x00", "\ud800"])
def test_a_terminal_that_does_not_exist_is_not_found(ledger, operator, slug):
    with pytest.raises(TerminalUnknown):
        ledger.read(terminal_by_slug, slug=slug)
    with pytest.raises(TerminalUnknown):
        ledger.run(roll_api_token, actor=operator, slug=slug)


def test_a_terminal_is_installed_once(ledger):
    install(ledger, "kiosk")
    before = contents(ledger)
    with pytest.raises(TerminalExists):
        install(ledger, "kiosk", offers=())
    assert contents(ledger) == before


@pytest.mark.parametrize(
    "slug", ["", "Kiosk", "ki osk", "kiösk", "-kiosk", "_kiosk", "k" * 65, "kiosk\n", "a/b"]
)
def test_a_terminals_id_can_stand_in_an_address(ledger, slug):
    with pytest.raises(InvalidTerminal) as refused:
        install(ledger, slug)
    assert "id" in refused.value.fields


@pytest.mark.parametrize("slug", ["k", "k" * 64, "7", "coffee_machine-2"])
def test_small_letters_digits_hyphens_and_underscores_make_an_id(ledger, slug):
    assert install(ledger, slug).record.slug == slug


def test_a_coin_acceptor_cannot_debit_and_a_coffee_machine_cannot_credit():
    assert {
        level: permissions - {Permission.WALLETS_READ} for level, permissions in TERMINAL_PERMISSIONS.items()
    } == {
        TerminalPermission.DEBIT: {Permission.WALLETS_DEBIT},
        TerminalPermission.CREDIT: {Permission.WALLETS_CREDIT},
        TerminalPermission.ALL: {Permission.WALLETS_DEBIT, Permission.WALLETS_CREDIT},
    }
