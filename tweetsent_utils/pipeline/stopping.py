"""Stopping: a signal that asks the command to stop becomes an interrupt of the notebook's kernel.

So a cell can end its step and save it. A kernel has a session of its own, which Ctrl-C on a
terminal does not reach, except on Windows. A second signal ends the kernel at once.
"""

import asyncio
import os
import signal
import time
from contextlib import suppress
from types import FrameType
from typing import Any

from jupyter_client.manager import AsyncKernelManager

from tweetsent_utils.errors import Stopped

ON_WINDOWS = os.name == "nt"
# A kernel ignores an interrupt until it has begun with a cell, moments after it was told to.
SECONDS_TO_BEGIN = 0.5


class StoppableKernel:
    """The kernel of one notebook: signals may stop it while another thread runs the notebook.

    Give `manager_class` to what starts the kernel, and let it call `cell_begun` and `cell_ended`.
    """

    def __init__(self, settings: dict[str, str]) -> None:
        """Prepare for a kernel that gets the environment variables `settings`."""
        self.signals: list[int] = []
        self.manager: AsyncKernelManager | None = None
        self.has_begun = False  # with its first cell
        self.begun_at: float | None = None  # when the cell that runs now was sent to it
        self.is_interrupted = False
        self.is_killed = False
        kernel = self

        class Manager(AsyncKernelManager):
            """A manager of kernels that says where it is, and adds settings."""

            def __init__(self, **options: Any) -> None:
                super().__init__(**options)
                kernel.manager = self

            def start_kernel(self, **options: Any) -> Any:
                return super().start_kernel(env=os.environ | settings, **options)

        self.manager_class = Manager

    def note_signal(self, number: int, frame: FrameType | None) -> None:
        """Note a signal: the handler for `stop_signals`."""
        self.signals.append(number)

    def cell_begun(self) -> None:
        """Note that a cell was sent to the kernel."""
        self.has_begun = True
        self.begun_at = time.monotonic()

    def cell_ended(self) -> None:
        """Note that the kernel has nothing to do."""
        self.begun_at = None

    def heed_signals(self) -> bool:
        """Do what the noted signals ask for; to be called again and again.

        The first one interrupts the cell that runs, or ends a kernel that has not begun yet; a
        second one ends it whatever it does. Returns True when it has just interrupted a cell.
        """
        if len(self.signals) > 1 or (self.signals and not self.has_begun):
            self.kill()
        elif self.signals and not self.is_interrupted and self.is_busy():
            self.is_interrupted = True
            self.interrupt()
            return True
        return False

    def is_busy(self) -> bool:
        """Tell whether a cell has certainly begun."""
        begun_at = self.begun_at
        return begun_at is not None and time.monotonic() - begun_at > SECONDS_TO_BEGIN

    def interrupt(self) -> None:
        """Send the kernel an interrupt, unless it got one from the console itself."""
        is_from_console = ON_WINDOWS and self.signals[0] == signal.SIGINT
        if not is_from_console:
            with suppress(RuntimeError, OSError):  # it has just ended
                asyncio.run(self.manager.interrupt_kernel())

    def kill(self) -> None:
        """End the kernel at once, as soon as it is there."""
        if self.manager and self.manager.has_kernel and not self.is_killed:
            self.is_killed = True
            with suppress(OSError):  # it has just ended
                asyncio.run(self.manager.provisioner.kill())

    def stop(self, what: str) -> Stopped:
        """Return the exception that says what was stopped, with the signal that asked for it."""
        error = Stopped(what)
        if self.signals:
            error.signal_number = self.signals[0]
        return error
