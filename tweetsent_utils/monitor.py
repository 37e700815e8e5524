"""What the driver shows while a notebook runs: the notebook, its cell, and the last line of the progress log."""

import sys
import threading
from pathlib import Path
from typing import Any


class Monitor:
    """A status on standard output: one line rewritten on a terminal, a plain line every 15 s elsewhere."""

    def __init__(self, name: str, log: Path, cells: int) -> None:
        self.name, self.log, self.cells, self.cell = name, log, cells, "starting the kernel"
        self.offset = log.stat().st_size if log.exists() else 0
        self.terminal, self.stopped = sys.stdout.isatty(), threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def cell_started(self, cell: Any, cell_index: int) -> None:
        """Note which cell runs: what nbclient calls `on_cell_start`."""
        self.cell = f"cell {cell_index + 1} of {self.cells}"

    def watch(self) -> None:
        """Show the status again and again until `close`."""
        while not self.stopped.wait(0.5 if self.terminal else 15):
            log = self.log.read_bytes() if self.log.exists() else b""
            news = log[self.offset :].decode(errors="replace").split("\r")[-1].strip()  # a bar begins with a return
            self.say(" · ".join(filter(None, (f"{self.name}: {self.cell}", news))), keep=not self.terminal)

    def say(self, line: str, keep: bool = True) -> None:
        """Print a line; on a terminal it replaces the status, and stays only when `keep` is set."""
        start = "\r\033[K" if self.terminal else ""
        print(start + line, end="\n" if keep else "", flush=True)

    def close(self) -> None:
        """Stop showing the status and clear it from a terminal."""
        self.stopped.set()
        self.thread.join()
        print("\r\033[K" if self.terminal else "", end="", flush=True)
