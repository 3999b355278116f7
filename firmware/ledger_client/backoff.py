"""Pauses between tries: growing, bounded, and spread so that a fleet does not return in step."""


class Backoff:
    """Doubling pauses with up to half of jitter from `entropy(count) -> bytes`."""

    def __init__(self, entropy, first_ms=500, longest_ms=8000):
        self._entropy = entropy
        self._first_ms = first_ms
        self._longest_ms = longest_ms
        self._next_ms = first_ms

    def reset(self):
        """Begin with short pauses again."""
        self._next_ms = self._first_ms

    def next_ms(self):
        """Return the next pause: between half of the step and the whole of it."""
        step_ms = self._next_ms
        self._next_ms = min(step_ms * 2, self._longest_ms)
        return step_ms // 2 + (step_ms // 2) * self._entropy(1)[0] // 255
