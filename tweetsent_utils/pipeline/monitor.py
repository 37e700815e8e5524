"""What the command shows while a notebook runs: its cell, and the last line of the progress log."""

import sys
import threading
from pathlib import Path
from typing import Any

TERMINAL_SECONDS = 0.5  # between two looks at the log
LOG_SECONDS = 15
CLEAR_LINE = "\r\033[K"


class Monitor:
    """A status on standard output: one line rewritten on a terminal, plain lines elsewhere."""

    def __init__(self, name: str, log: Path, cells: int) -> None:
        self.name = name
        self.log = log
        self.cells = cells
        self.cell = "starting the kernel"
        self.offset = log.stat().st_size if log.exists() else 0
        self.is_terminal = sys.stdout.isatty()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def cell_started(self, cell: Any, cell_index: int) -> None:
        """Note which cell runs: what nbclient calls `on_cell_start`."""
        self.cell = f"cell {cell_index + 1} of {self.cells}"

    def watch(self) -> None:
        """Show the status again and again until `close`."""
        seconds = TERMINAL_SECONDS if self.is_terminal else LOG_SECONDS
        while not self.stopped.wait(seconds):
            status = f"{self.name}: {self.cell}"
            progress = self.last_progress()
            line = f"{status} · {progress}" if progress else status
            self.say(line, keep=not self.is_terminal)

    def last_progress(self) -> str:
        """Return the last line that the log got since the start."""
        if not self.log.exists():
            return ""
        news = self.log.read_bytes()[self.offset :].decode(errors="replace")
        return news.split("\r")[-1].strip()  # a bar begins with a return

    def say(self, line: str, keep: bool = True) -> None:
        """Print a line; on a terminal it replaces the status, and stays only if `keep` is set."""
        start = CLEAR_LINE if self.is_terminal else ""
        print(start + line, end="\n" if keep else "", flush=True)

    def close(self) -> None:
        """Stop showing the status and clear it from a terminal."""
        self.stopped.set()
        self.thread.join()
        print(CLEAR_LINE if self.is_terminal else "", end="", flush=True)
