"""Actors: who asks, what they may, and the room of their keys."""

from __future__ import annotations

import pytest

from ledger.foundation.actor import Actor, ActorKind, PermissionMissing, operator_on_this_machine
from ledger.foundation.permissions import Permission


@pytest.mark.parametrize("permission", Permission)
def test_an_actor_may_what_it_was_given_and_nothing_else(permission):
    rest = frozenset(Permission) - {permission}
    Actor(ActorKind.TERMINAL, "kiosk", frozenset({permission})).require(permission)
    with pytest.raises(PermissionMissing):
        Actor(ActorKind.TERMINAL, "kiosk", rest).require(permission)


@pytest.mark.parametrize("permission", Permission)
def test_the_person_at_the_machine_may_do_everything(permission):
    operator_on_this_machine().require(permission)


def test_scopes_are_as_many_as_actors():
    actors = [Actor(kind, name, frozenset()) for kind in ActorKind for name in ("a", "b", "a:b")]
    assert len({actor.scope for actor in actors}) == len(actors)
