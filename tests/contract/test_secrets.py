"""What every dialect promises about secrets: no answer shows one, except the answer that made it."""

from __future__ import annotations

from ledger.foundation.secrets import hash_secret
from tests.factories.ledgers import contents


def test_the_tour_visits_every_route_and_succeeds_everywhere(speaker, dialect, app):
    visited = {}
    for route, answer in speaker.tour():
        assert answer.status_code < 300, (route, answer.get_data(as_text=True))
        visited[route] = answer
    routes = {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if dialect.speaks(rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert set(visited) == routes


def test_no_answer_shows_a_secret(speaker, ledger):
    for route, answer in speaker.tour():
        said = answer.get_data(as_text=True) + str(answer.headers)
        hidden = [ledger.settings.secret_key, *speaker.secrets, *map(hash_secret, speaker.secrets)]
        assert [secret for secret in hidden if secret in said] == [], route


def test_no_refusal_shows_the_credential_that_was_sent(speaker):
    method, path = speaker.write
    for secret in speaker.secrets:
        headers = {"Authorization": f"Bearer {secret}x"}
        answer = speaker.ask(method, path, caller=None, headers=headers)
        assert secret not in answer.get_data(as_text=True) + str(answer.headers)


def test_no_secret_is_kept_as_it_is(speaker, ledger):
    for _ in speaker.tour():
        pass
    kept = repr(contents(ledger))
    assert len(speaker.secrets) > 3
    assert [secret for secret in speaker.secrets if secret in kept] == []
