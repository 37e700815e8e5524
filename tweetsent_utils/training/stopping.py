"""Stopping a training between two steps, so that no step is lost and none is half done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tweetsent_utils.errors import Stopped

# Stop in JupyterLab and Ctrl-C; what a system or a scheduler sends; a closed terminal.
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class StopRequest:
    """Whether somebody wants a training to stop: `requested`."""

    def __init__(self) -> None:
        self.requested = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Take a first signal as a request, and a second one as an order to stop at once."""
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        print("stopping after this step; stop again to stop at once")

    def obey(self, steps: int, total_steps: int) -> None:
        """Raise `Stopped`, which says how far the training came, if somebody wants it to stop."""
        if self.requested:
            reached = f"stopped after step {steps:,} of {total_steps:,}"
            raise Stopped(f"{reached}: run this cell again to go on")


@contextmanager
def stop_between_steps() -> Iterator[StopRequest]:
    """Inside of this context, a signal to stop only sets `requested` of what it yields.

    The loop looks at it where a step is complete. Signals reach the main thread of a process only;
    in another thread this context changes nothing.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    earlier = {number: signal.signal(number, request.handle) for number in numbers}
    try:
        yield request
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
