"""The device around its updates: what they must know of it, and the one thing they do to it."""


class Host:
    """Health and idleness of a device that has been put together."""

    def __init__(self, supervisor, presence, ledger, journal, device):
        self._presence = presence
        self._ledger = ledger
        self._journal = journal
        self._device = device
        self._supervisor = supervisor

    def ailing(self):
        """Return what is not healthy, or None. That the configuration was is told by being here."""
        if not self._presence.is_working:
            return "the reader does not answer"
        if self._ledger.link != self._ledger.LINK_UP:
            return "the ledger is out of reach"
        if self._journal.is_failing:
            return "the journal cannot be written"
        late = self._supervisor.late()
        if late:
            return f"{late} gives no sign of life"
        return f"{self._supervisor.failed} has failed" if self._supervisor.failed else None

    def is_serving(self):
        """Tell whether a person is in the middle of something, or money is."""
        return not self._device.is_idle()

    def is_idle(self):
        """Tell whether the device may start again for an update: no vend is open, the journal is drained."""
        return not self.is_serving() and not self._journal.open_records

    def restart(self):
        """Start again; nothing behind this runs."""
        import machine

        machine.reset()
