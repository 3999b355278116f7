"""Signs people in: the attempt is counted, then the password looked at, then a session opened."""

from __future__ import annotations

from ledger.domain.access import passwords
from ledger.domain.access.errors import SignInRefused
from ledger.domain.access.records import SessionRecord
from ledger.domain.access.signing_in import begin_sign_in, open_session, visitor
from ledger.web.dispatch import act_as, run


def sign_in(username: str, password: str) -> SessionRecord:
    """Return a new session; refuses with SignInRefused and SignInLocked.

    Whether there is somebody of that name is not to be seen from how long it takes.
    """
    act_as(visitor())
    try:
        attempt = run(begin_sign_in, username=username).answer
    except SignInRefused:
        passwords.matches(password, None)
        raise
    if not passwords.matches(password, attempt.password_hash):
        raise SignInRefused
    return run(open_session, username=attempt.username, password_hash=attempt.password_hash).answer
