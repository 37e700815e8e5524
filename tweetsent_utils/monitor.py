"""What the driver shows while a notebook runs: the notebook, its cell, and the last line of the progress log."""

import sys
import threading
from pathlib import Path
from typing import Any

from papermill.engines import NBClientEngine, papermill_engines


class Monitor:
    """A status on standard output: one line rewritten on a terminal, a plain line every 15 s elsewhere."""

    def __init__(self, name: str, log: Path) -> None:
        self.name, self.log, self.cell = name, log, "starting the kernel"
        self.offset = log.stat().st_size if log.exists() else 0
        self.terminal = sys.stdout.isatty()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

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


class MonitoredEngine(NBClientEngine):
    """Papermill's own engine, which also tells a `Monitor` when a cell starts."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, monitor: Monitor, **options: Any) -> None:
        """Execute the notebook that papermill manages; see `papermill.engines.Engine`."""
        begin = nb_man.cell_start

        def cell_start(cell: Any, cell_index: int | None = None, **kwargs: Any) -> None:
            monitor.cell = f"cell {(cell_index or 0) + 1} of {len(nb_man.nb.cells)}"
            begin(cell, cell_index, **kwargs)

        nb_man.cell_start = cell_start
        super().execute_managed_notebook(nb_man, kernel_name, **options)


papermill_engines.register("tweetsent", MonitoredEngine)
