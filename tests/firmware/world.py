"""Virtual time for the firmware's tasks, and the heartbeat that nobody watches."""

import asyncio

from tests.terminal_sim.chips.microcontroller import WorldLoop
from tests.terminal_sim.chips.wiring import BoardWires, VirtualTimeline


def no_beat():
    """Take a heartbeat."""


class World:
    """Time, wires and an event loop; background tasks run while time passes."""

    def __init__(self):
        self.timeline = VirtualTimeline()
        self.wires = BoardWires(self.timeline)
        self.loop = WorldLoop(self.timeline)
        self._tasks = []

    @property
    def now_ms(self):
        """The time since the beginning."""
        return self.timeline.now_us() // 1000

    def run(self, work):
        """Run one coroutine to its end and return its result."""
        return self.loop.run_until_complete(work)

    def call(self, function, *arguments):
        """Call a plain function inside the loop, where the firmware's clock is."""

        async def called():
            return function(*arguments)

        return self.run(called())

    def start(self, work):
        """Run a coroutine in the background."""
        task = self.loop.create_task(work)
        self._tasks.append(task)
        return task

    def pass_ms(self, duration_ms):
        """Let time pass; an exception that ended a background task comes out here."""
        self.run(asyncio.sleep(duration_ms / 1000))
        for task in self._tasks:
            if task.done() and not task.cancelled() and task.exception():
                raise task.exception()

    def pass_until(self, condition, at_most_ms=60000):
        """Let time pass in small steps until the condition holds."""
        end_ms = self.now_ms + at_most_ms
        while not condition():
            assert self.now_ms < end_ms, f"not within {at_most_ms} ms"
            self.pass_ms(10)

    def stop(self):
        """End the background tasks where they stand, as a power cut does."""
        pending = set(self._tasks)
        while pending:
            # asyncio.wait_for may swallow a cancellation that meets its result; so it is repeated.
            for task in pending:
                task.cancel()
            _, pending = self.run(asyncio.wait(pending, timeout=0.01))
        self._tasks = []

    def close(self):
        """End everything."""
        try:
            self.stop()
        finally:
            self.loop.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
