"""How a refusal of the terminal API looks, from the outside."""

from __future__ import annotations

from werkzeug.test import TestResponse


def assert_refused(answer: TestResponse, status: int, code: str, *fields: str) -> None:
    """Hold that an answer refuses in this API's envelope: with this status and code, naming these fields."""
    assert (answer.status_code, answer.json.get("code")) == (status, code), answer.get_data(as_text=True)
    assert answer.mimetype == "application/json"
    assert set(answer.json) - {"balance", "available"} == {"message", "code", "errors"}
    assert isinstance(answer.json["message"], str)
    assert set(answer.json["errors"]) == set(fields)
    sentences = [sentence for said in answer.json["errors"].values() for sentence in said]
    assert all(isinstance(sentence, str) for sentence in sentences)
    assert len(sentences) >= len(fields)


def assert_unauthenticated(answer: TestResponse) -> None:
    """Hold that an answer refuses a credential, telling nothing about why."""
    assert (answer.status_code, answer.json) == (401, {"message": "Unauthenticated."})
    assert answer.headers["WWW-Authenticate"] == "Bearer"
