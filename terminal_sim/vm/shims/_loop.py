"""The event loop of asyncio, cut into single steps that the host takes one by one."""

from asyncio import core
from time import ticks_diff, ticks_ms

# The port's own loop runs on JavaScript timers, which would run away with virtual time and would
# never come back to the top between two ready tasks, where alone the garbage collector may run.
core._schedule_run_iter = lambda delay_ms: None
core._task_queue = core.TaskQueue()

_ENDINGS = (core.CancelledError, Exception)
_QUIET_ENDINGS = (core.CancelledError, StopIteration)
_main = None


class MainEnded(Exception):
    """The coroutine given to asyncio.run has ended without an exception."""


def run(coroutine):
    """Schedule the program; the host runs it step by step after this has returned."""
    global _main
    _main = core.create_task(coroutine)


def step():
    """Run the one task that is due; return the milliseconds until the next is, -1 when none waits."""
    task = core._task_queue.peek()
    if task and ticks_diff(task.ph_key, ticks_ms()) <= 0:
        core._task_queue.pop()
        core.cur_task = task
        try:
            _continue(task)
        finally:
            core.cur_task = core._top_level_task
        task = core._task_queue.peek()
    if not task:
        return -1
    return max(0, ticks_diff(task.ph_key, ticks_ms()))


def _continue(task):
    error = task.data
    try:
        if not error:
            task.coro.send(None)
        else:
            task.data = None
            task.coro.throw(error)
    except _ENDINGS as ending:
        _finish(task, ending, error)


def _finish(task, ending, error):
    # The states of a task are those of asyncio/core.py: True while it runs, None when it has ended
    # unheard, False when somebody heard, or the queue of the tasks that wait for it.
    if task is _main:
        _end_program(ending)
    if task.state:
        heard = False
        if task.state is True:
            task.state = None
        elif callable(task.state):
            task.state(task, ending)
            task.state = False
            heard = True
        else:
            while task.state.peek():
                core._task_queue.push(task.state.pop())
                heard = True
            task.state = False
        if not heard and not isinstance(ending, _QUIET_ENDINGS):
            core._task_queue.push(task)
        task.data = ending
    elif task.state is None:
        task.data = error
        core._exc_context["exception"] = error
        core._exc_context["future"] = task
        core.Loop.call_exception_handler(core._exc_context)


def _end_program(ending):
    # asyncio.run ends with its main task: an error leaves the program, and nothing else runs on.
    if isinstance(ending, StopIteration):
        raise MainEnded()
    raise ending


class ThreadSafeFlag:
    """The one primitive that an interrupt handler may set; one task waits for it."""

    def __init__(self):
        self._is_set = False
        self._waiting = None

    def set(self):
        """Wake the waiting task, or the next one that waits."""
        self._is_set = True
        if self._waiting is not None:
            core._task_queue.push(self._waiting)
            self._waiting = None

    def clear(self):
        """Forget a set that nobody has waited for."""
        self._is_set = False

    def remove(self, task):
        """Called by asyncio when the waiting task is cancelled."""
        self._waiting = None

    # The compiler of MicroPython makes a generator of this, which is what `await` takes.
    def wait(self):
        """Wait until set, then clear."""
        if not self._is_set:
            self._waiting = core.cur_task
            core.cur_task.data = self
            yield
        self._is_set = False
