"""The door of the pages: who comes in, how long they stay, and which forms are believed."""

from __future__ import annotations

import pytest

from ledger.domain.access.rules import FREE_ATTEMPTS
from ledger.domain.access.signing_in import set_up_code
from tests.factories.ledgers import SECRET_KEY, contents, rows
from tests.portal.conftest import PASSWORD, Visitor


def _cookie(answer, name="tapledger_session"):
    return next((line for line in answer.headers.getlist("Set-Cookie") if line.startswith(f"{name}=")), "")


def test_whoever_signs_in_is_greeted_by_name_and_may_leave_again(visitor, ada):
    answer = visitor.sign_in()
    assert (answer.status_code, answer.location) == (303, "/")
    assert all(
        word in _cookie(answer) for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Expires")
    )
    assert "Sign out" in visitor.get("/sign-in").text
    assert visitor.send("/sign-out", shown_at="/sign-in").status_code == 303
    assert "Sign out" not in visitor.get("/sign-in").text


def test_a_session_that_was_left_is_dead_for_whoever_kept_its_cookie(app, visitor, ada):
    visitor.sign_in()
    stolen = visitor.client.get_cookie("tapledger_session").value
    visitor.send("/sign-out", shown_at="/sign-in")
    thief = Visitor(app)
    thief.client.set_cookie("tapledger_session", stolen, secure=True)
    assert "Sign out" not in thief.get("/sign-in").text


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("", ""), ("\0", "x")]
)
def test_a_wrong_name_and_a_wrong_password_are_told_in_the_same_words(visitor, ada, name, password):
    answer = visitor.sign_in(name, password)
    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text
    assert not _cookie(answer)


def test_guessing_is_locked_and_says_until_when(visitor, ada, clock):
    for _ in range(FREE_ATTEMPTS):
        assert "is wrong" in visitor.sign_in(password="guessed").text  # noqa: S106
    answer = visitor.sign_in()
    assert "too many wrong passwords" in answer.text
    # A minute after the opening time, by the house's clock.
    assert "9:45" in answer.text
    clock.advance(minutes=1)
    assert visitor.sign_in().status_code == 303


def test_a_form_of_another_page_is_refused_and_nothing_happens(app, ledger, visitor, ada):
    visitor.sign_in()
    before = contents(ledger)
    for fields in ({}, {"form_proof": "0" * 64}, {"form_proof": "ü"}):
        forged = visitor.client.post("/sign-out", base_url="https://localhost", data=fields)
        assert forged.status_code == 403
        assert "Nothing was booked" in forged.text
    assert contents(ledger) == before
    # The proof of another browser is none here.
    other = Visitor(app)
    proof = other.get("/sign-in").text.split('name="form_proof" value="')[1].split('"')[0]
    assert visitor.client.post("/sign-out", data={"form_proof": proof}).status_code == 403


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/desk?wallet=wal_1", "/desk?wallet=wal_1"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_after_signing_in_one_is_where_one_wanted_to_go_and_never_elsewhere(visitor, ada, wanted, led_to):
    answer = visitor.client.get("/sign-in", query_string={"next": wanted}, base_url="https://localhost")
    proof = answer.text.split('name="form_proof" value="')[1].split('"')[0]
    data = {"form_proof": proof, "username": "ada", "password": PASSWORD}
    sent = visitor.client.post(
        "/sign-in", query_string={"next": wanted}, base_url="https://localhost", data=data
    )
    assert sent.location == led_to


def test_an_empty_house_is_set_up_once_with_the_consoles_code(app, ledger, visitor):
    assert visitor.get("/sign-in").location == "/set-up"
    wrong = visitor.send("/set-up", code="WRONG", username="grace", password=PASSWORD)
    assert (wrong.status_code, "not the code" in wrong.text) == (422, True)
    code = set_up_code(SECRET_KEY)
    weak = visitor.send("/set-up", code=code, username="grace", password="short")  # noqa: S106
    assert "10 to 256 characters" in weak.text
    assert rows(ledger, "SELECT username FROM operators") == []
    done = visitor.send("/set-up", code=f" {code.lower()} ", username="grace", password=PASSWORD)
    assert (done.status_code, bool(_cookie(done))) == (303, True)
    assert rows(ledger, "SELECT username, role FROM operators") == [("grace", "admin")]
    assert Visitor(app).get("/set-up").location == "/sign-in"


def test_a_page_speaks_the_readers_language_and_the_one_that_they_choose(app, ada):
    german = Visitor(app, "de-AT,de;q=0.9,en;q=0.5")
    page = german.get("/sign-in")
    assert 'lang="de"' in page.text
    assert "Passwort" in page.text
    german.get("/sign-in?language=en")
    assert "Password" in german.get("/sign-in").text
    assert 'lang="en"' in Visitor(app, "fr").get("/sign-in?language=fr").text


def test_pages_are_kept_nowhere_and_run_nothing_but_our_own(visitor, ada):
    headers = visitor.get("/sign-in").headers
    assert headers.getlist("Cache-Control") == ["no-store"]
    [policy] = headers.getlist("Content-Security-Policy")
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy


@pytest.mark.parametrize("path", ["/desk/nothing", "/me/nothing", "/operate/nothing"])
def test_what_is_not_there_is_said_as_a_page(visitor, path):
    answer = visitor.get(path)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "There is nothing under this path." in answer.text


def test_over_plain_http_from_elsewhere_the_page_says_why_nobody_stays_signed_in(app, ada):
    client = app.test_client()
    near = client.get("/sign-in", base_url="http://127.0.0.1").text
    far = client.get("/sign-in", base_url="http://192.0.2.1", environ_base={"REMOTE_ADDR": "192.0.2.7"}).text
    assert "plain HTTP" not in near
    assert "plain HTTP" in far
