"""People sign in with a password, for a shift; mistakes are forgiven, and guessing is not."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from ledger.domain.access import passwords
from ledger.domain.access.commands import add_operator
from ledger.domain.access.errors import (
    AlreadySetUp,
    CredentialRefused,
    InvalidPassword,
    OperatorUnknown,
    SignInLocked,
    SignInRefused,
)
from ledger.domain.access.records import Role
from ledger.domain.access.rules import FIRST_LOCK, FREE_ATTEMPTS, LONGEST_LOCK, SESSION_LIFETIME, locked_until
from ledger.domain.access.signing_in import (
    begin_sign_in,
    end_session,
    is_set_up,
    open_session,
    operator_by_session,
    set_password,
    set_up,
    set_up_code,
    visitor,
)
from ledger.foundation.actor import PermissionMissing
from ledger.storage.answers import plain
from tests.factories.ledgers import OPENING_TIME, SECRET_KEY, another_process_of, contents, rows, tampering

HASH = "the hash of a password"


@pytest.fixture
def ada(ledger, operator):
    """Return an operator who has a password."""
    ledger.run(add_operator, actor=operator, username="ada", role=Role.STAFF)
    return ledger.run(set_password, actor=operator, username="ada", password_hash=HASH).answer


def _try(ledger, username="ada"):
    return ledger.run(begin_sign_in, actor=visitor(), username=username).answer


def _sign_in(ledger, password_hash=HASH):
    return ledger.run(open_session, actor=visitor(), username="ada", password_hash=password_hash).answer


def _actor_of(ledger, secret):
    return ledger.read(operator_by_session, secret=secret, clock=ledger.clock)


def test_a_password_is_known_again_and_no_other_is():
    kept = passwords.hashed("correct horse battery", username="ada")
    assert kept.startswith("$argon2id$")
    assert passwords.matches("correct horse battery", kept)
    for wrong in ("correct horse batterz", "", "x" * 100_000, "\ud800"):
        assert not passwords.matches(wrong, kept)
    assert not passwords.matches("nobody", None)


@pytest.mark.parametrize("weak", ["", "123456789", "x" * 257, "my name is ADA lovelace"])
def test_a_weak_password_is_refused(weak):
    with pytest.raises(InvalidPassword):
        passwords.hashed(weak, username="ada")


def test_whoever_signs_in_is_known_by_the_secret_until_the_shift_is_over(ledger, ada, clock):
    assert _try(ledger).password_hash == HASH
    session = _sign_in(ledger)
    actor = _actor_of(ledger, session.secret)
    assert (actor.name, actor.id, session.ends_at) == ("ada", ada.id, clock.now() + SESSION_LIFETIME)
    clock.advance(seconds=SESSION_LIFETIME.total_seconds() - 1)
    assert _actor_of(ledger, session.secret) == actor
    clock.advance(seconds=1)
    with pytest.raises(CredentialRefused):
        _actor_of(ledger, session.secret)


def test_neither_the_secret_nor_the_password_is_kept(ledger, ada):
    session = _sign_in(ledger)
    assert session.secret not in repr(contents(ledger))
    assert session.secret not in repr(session)
    assert HASH not in repr(_try(ledger))
    assert "secret" not in plain(session)


def test_a_session_that_was_ended_is_over_at_once(ledger, ada):
    session, other = _sign_in(ledger), _sign_in(ledger)
    assert ledger.run(end_session, actor=visitor(), secret=session.secret).answer.username == "ada"
    for _ in range(2):
        with pytest.raises(CredentialRefused):
            _actor_of(ledger, session.secret)
        with pytest.raises(CredentialRefused):
            ledger.run(end_session, actor=visitor(), secret=session.secret)
    assert _actor_of(ledger, other.secret).name == "ada"


def test_a_new_password_ends_every_session_and_forgives(ledger, ada, operator):
    session = _sign_in(ledger)
    for _ in range(FREE_ATTEMPTS):
        _try(ledger)
    ledger.run(set_password, actor=_actor_of(ledger, session.secret), username="ada", password_hash="new")
    with pytest.raises(CredentialRefused):
        _actor_of(ledger, session.secret)
    assert _try(ledger).number == 1
    with pytest.raises(SignInRefused):
        _sign_in(ledger, HASH)
    assert _sign_in(ledger, "new").username == "ada"


def test_ones_own_password_may_be_changed_and_nobody_elses(ledger, ada, operator):
    ledger.run(add_operator, actor=operator, username="bob", role=Role.STAFF)
    actor = _actor_of(ledger, _sign_in(ledger).secret)
    with pytest.raises(PermissionMissing):
        ledger.run(set_password, actor=actor, username="bob", password_hash="new")
    with pytest.raises(OperatorUnknown):
        ledger.run(set_password, actor=operator, username="\0", password_hash="new")


@pytest.mark.parametrize("name", ["nobody", "", "\0", "bob", "Ada"])
def test_who_cannot_sign_in_is_refused_and_nothing_is_left(ledger, ada, operator, name):
    ledger.run(add_operator, actor=operator, username="bob", role=Role.STAFF)
    before = contents(ledger)
    with pytest.raises(SignInRefused):
        _try(ledger, name)
    assert contents(ledger) == before


def test_guessing_is_locked_longer_and_longer_and_the_right_one_forgives(ledger, ada, clock):
    for number in range(1, FREE_ATTEMPTS + 1):
        assert _try(ledger).number == number
    with pytest.raises(SignInLocked) as locked:
        _try(ledger)
    assert locked.value.details["until"] == clock.now() + FIRST_LOCK
    clock.advance(seconds=FIRST_LOCK.total_seconds())
    assert _try(ledger).number == FREE_ATTEMPTS + 1
    clock.advance(seconds=FIRST_LOCK.total_seconds())
    with pytest.raises(SignInLocked):
        _try(ledger)
    clock.advance(seconds=FIRST_LOCK.total_seconds())
    _try(ledger)
    _sign_in(ledger)
    assert _try(ledger).number == 1


def test_a_lock_never_grows_beyond_an_hour():
    locks = [locked_until(attempts, OPENING_TIME) for attempts in range(2000)]
    assert locks[:FREE_ATTEMPTS] == [None] * FREE_ATTEMPTS
    times = [lock - OPENING_TIME for lock in locks[FREE_ATTEMPTS:]]
    assert times == sorted(times)
    assert (times[0], times[-1]) == (timedelta(minutes=1), LONGEST_LOCK)


def test_of_many_who_guess_at_once_each_is_counted(ledger, ada):
    came = []

    def guess(house):
        try:
            came.append(_try(house).number)
        except SignInLocked:
            came.append(None)

    houses = [another_process_of(ledger) for _ in range(4)]
    threads = [threading.Thread(target=guess, args=[house]) for house in houses for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for house in houses:
        house.database.close()
    assert sorted(number for number in came if number) == list(range(1, FREE_ATTEMPTS + 1))


def test_an_operator_who_left_signs_in_no_more(ledger, ada):
    session = _sign_in(ledger)
    with tampering(ledger) as books:
        books.execute("UPDATE operators SET is_active = ?", [False])
    with pytest.raises(CredentialRefused):
        _actor_of(ledger, session.secret)
    with pytest.raises(SignInRefused):
        _try(ledger)


def test_the_house_is_set_up_once_by_an_admin(ledger):
    assert not ledger.read(is_set_up)
    session = ledger.run(set_up, actor=visitor(), username="grace", password_hash=HASH).answer
    assert _actor_of(ledger, session.secret).name == "grace"
    assert rows(ledger, "SELECT role FROM operators") == [("admin",)]
    assert ledger.read(is_set_up)
    with pytest.raises(AlreadySetUp):
        ledger.run(set_up, actor=visitor(), username="mallory", password_hash=HASH)


def test_the_set_up_code_is_the_houses_own():
    code = set_up_code(SECRET_KEY)
    assert len(code) == 10
    assert code == set_up_code(SECRET_KEY) != set_up_code(SECRET_KEY + "x")
