"""Stopping between two steps, so that no step is lost and none is half done."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from tweetsent_utils.errors import Stopped

# Ctrl-C and Stop in JupyterLab; `kill` and the end of a batch job; a terminal that is closed;
# Ctrl-Break on Windows.
NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
STOP_SIGNALS = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
SAME_WISH = 2.0  # seconds in which two signals of different kinds are one wish, sent by two ways


@contextmanager
def stop_signals(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Call `handler` for each signal that asks to stop, instead of what happened before.

    A signal that is ignored, as under nohup, stays so. Only a program's main thread can be asked.
    """
    earlier = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number in STOP_SIGNALS:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    earlier[number] = signal.signal(number, handler)
        yield
    finally:
        for number, former in earlier.items():
            signal.signal(number, former)


class StopRequest:
    """Whether somebody wants a training to stop: `requested`."""

    def __init__(self) -> None:
        self.requested = False
        self.first = 0  # signal
        self.asked_at = 0.0

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Take a first signal as a request, and a second one as an order to stop at once.

        The end of a batch job sends a signal to every process, and the command passes its own on:
        two of different kinds that come together are one wish.
        """
        if not self.requested:
            self.requested = True
            self.first = number
            self.asked_at = time.monotonic()
            print("stopping after this step; stop again to stop at once")
        elif number == self.first or time.monotonic() - self.asked_at > SAME_WISH:
            raise KeyboardInterrupt

    def ask(self) -> None:
        """Ask for a stop between two steps, as a first signal does; any thread may."""
        self.asked_at = time.monotonic()
        self.requested = True

    def obey(self, steps: int, total_steps: int) -> None:
        """Raise `Stopped`, which says how far the training came, if somebody wants it to stop."""
        if self.requested:
            reached = f"stopped after step {steps:,} of {total_steps:,}"
            raise Stopped(f"{reached}: run this cell again to go on")


@contextmanager
def stop_between_steps() -> Iterator[StopRequest]:
    """Inside of this context, a signal to stop only sets `requested` of what it yields.

    The loop looks at it where a step is complete.
    """
    request = StopRequest()
    with stop_signals(request.handle):
        yield request
