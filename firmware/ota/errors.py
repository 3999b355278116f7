"""What an update is refused for."""


class UpdateRefused(Exception):
    """The update was not taken and what runs goes on; the message says why, for the console."""
