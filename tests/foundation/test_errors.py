"""Refusals: a message for people, a code for programs, and what else they carry."""

from __future__ import annotations

from ledger.foundation.errors import Conflict, Invalid, Kind, Refusal, every_refusal


class CupMissing(Conflict):
    """There is no cup under the spout."""

    code = "cup_missing"
    message = "Put a cup under the spout."


def test_a_refusal_says_its_own_message_unless_it_is_given_another():
    assert str(CupMissing()) == CupMissing.message
    assert str(CupMissing("The cup is too small.")) == "The cup is too small."
    assert CupMissing.message == "Put a cup under the spout."


def test_a_refusal_carries_fields_and_details_of_its_own():
    refusal = Invalid(fields={"cup": ["Too small."]}, size_ml=30)
    assert (refusal.fields, refusal.details) == ({"cup": ["Too small."]}, {"size_ml": 30})
    assert (Invalid().fields, Invalid().details) == ({}, {})


def test_a_refusal_is_of_the_kind_of_its_family():
    assert (CupMissing.kind, CupMissing().kind) == (Kind.CONFLICT, Kind.CONFLICT)


def test_every_refusal_is_found_however_deep_it_stands():
    assert CupMissing in set(every_refusal())
    assert {refusal.kind for refusal in Refusal.__subclasses__()} == set(Kind)
