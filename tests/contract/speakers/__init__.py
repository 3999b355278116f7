"""One speaker for each dialect: it says in its language what the promises are about."""

from tests.contract.speakers.terminal import TerminalSpeaker

SPEAKERS = (TerminalSpeaker,)
