"""`tapledger settings`: shows every setting as it is here, and no secret."""

from __future__ import annotations

from dataclasses import fields

import pytest

from ledger.settings import Settings
from tests.cli.command import Command

SECRETS = {
    "TAPLEDGER_DATABASE_URL": "postgresql://ledger:pw-in-the-url@db/books?password=pw-in-the-options",
    "TAPLEDGER_SECRET_KEY": "the-key-that-signs-" * 2,
    "TAPLEDGER_METRICS_TOKEN": "the-token-of-the-scraper",
}


def test_every_field_of_the_settings_is_shown(command: Command):
    shown = {each["variable"]: each for each in command.data("settings")}
    assert set(shown) == {f"TAPLEDGER_{field.name.upper()}" for field in fields(Settings)}
    assert all(each["meaning"].endswith(".") and each["default"] for each in shown.values())
    assert shown["TAPLEDGER_DATABASE_URL"]["source"] == "environment"
    assert shown["TAPLEDGER_CURRENCY"] == {
        "variable": "TAPLEDGER_CURRENCY",
        "meaning": "The currency of new wallets, as ISO 4217 code.",
        "default": "EUR",
        "value": "EUR",
        "source": "default",
        "problem": None,
    }


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_no_secret_is_shown(command: Command, options):
    ended = command.run("settings", *options, **SECRETS)
    assert ended.returncode == 0, ended.stderr
    said = ended.stdout + ended.stderr
    assert "postgresql://ledger:***@db/books?…" in said
    assert "a secret of 24 characters" in said
    hidden = ["pw-in", SECRETS["TAPLEDGER_SECRET_KEY"], SECRETS["TAPLEDGER_METRICS_TOKEN"]]
    assert [secret for secret in hidden if secret in said] == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TAPLEDGER_DATABASE_URL", "postgresql://ledger:pw-in-the-url@db:port/books"),
        ("TAPLEDGER_SECRET_KEY", "short"),
        ("TAPLEDGER_TIME_ZONE", "Moon/Sea"),
        ("TAPLEDGER_CURRENCY", "eur"),
        ("TAPLEDGER_METRICS_TOKEN", "short"),
        ("TAPLEDGER_TRUSTED_PROXIES", "proxy.example"),
        ("TAPLEDGER_TRUSTED_PROXIES", "10.0.0.1/8"),
    ],
)
def test_what_cannot_be_used_is_said_and_the_rest_still_shown(command: Command, variable, value):
    ended = command.run("settings", **{variable: value})
    assert ended.returncode == 1
    assert ended.stdout.count("CANNOT BE USED") == 1
    assert ended.stdout.count("Without it:") == len(fields(Settings))
    assert "pw-in" not in ended.stdout
    assert variable in command.refused("audit", **{variable: value})


def test_looking_at_the_settings_creates_nothing(command: Command):
    command.environment.pop("TAPLEDGER_DATABASE_URL")
    before = sorted(command.books.parent.iterdir())
    assert command.run("settings").returncode == 0
    assert sorted(command.books.parent.iterdir()) == before
