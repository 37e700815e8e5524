"""What the command shows while a notebook runs: its cell, its progress, and its notes."""

import shutil
import sys
import threading
from pathlib import Path

from tweetsent_utils.pipeline.terminal import say

TERMINAL_SECONDS = 0.5  # between two looks at the log
LOG_SECONDS = 15
LAST_BYTES = 4096  # of the progress log, more than its last line has


class Monitor:
    """A status on standard output: one line rewritten on a terminal, plain lines elsewhere.

    It shows the last line that a cell has written to the file `log`, else which cell runs; and,
    once, each line that the file `notes` gets.
    """

    def __init__(self, name: str, log: Path, cells: int, notes: Path) -> None:
        self.name = name
        self.log = log
        self.notes = notes
        self.cells = cells
        self.place = "starting the kernel"
        self.offset = self.size_of_log()
        self.known = set(self.read_notes())  # what an earlier notebook said
        self.is_terminal = sys.stdout.isatty()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def cell_started(self, cell_index: int) -> None:
        """Note which cell runs, counted from 0."""
        self.place = f"in cell {cell_index + 1} of {self.cells}"
        self.offset = self.size_of_log()

    def watch(self) -> None:
        """Show notes and the status again and again until `close`."""
        seconds = TERMINAL_SECONDS if self.is_terminal else LOG_SECONDS
        while not self.stopped.wait(seconds):
            self.show_notes()
            status = self.last_progress() or self.place
            self.say(f"{self.name}: {status}", keep=not self.is_terminal)

    def size_of_log(self) -> int:
        """Return the size of the log in bytes."""
        return self.log.stat().st_size if self.log.exists() else 0

    def last_progress(self) -> str:
        """Return the last line that the log got in this cell."""
        try:
            with open(self.log, "rb") as file:
                size = file.seek(0, 2)
                file.seek(max(self.offset, size - LAST_BYTES))
                news = file.read().decode("utf-8", errors="replace")
        except OSError:
            return ""
        return news.split("\r")[-1].strip()  # a bar begins with a return

    def show_notes(self) -> None:
        """Print the notes that were not there before."""
        for line in self.read_notes():
            if line not in self.known:
                self.known.add(line)
                self.say(f"{self.name}: {line}")

    def read_notes(self) -> list[str]:
        """Return all notes; the last line only if it is whole."""
        try:
            text = self.notes.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        return text.split("\n")[:-1]

    def say(self, line: str, keep: bool = True) -> None:
        """Print a line; on a terminal it replaces the status, and stays only if `keep` is set."""
        if not self.is_terminal:
            say(line)
            return
        columns = shutil.get_terminal_size().columns - 1
        shown = line if keep else line[:columns]
        say(shown.ljust(columns), before="\r", end="\n" if keep else "")

    def close(self) -> None:
        """Stop showing the status, show the last notes, and clear the status from a terminal."""
        if self.stopped.is_set():
            return
        self.stopped.set()
        self.thread.join()
        self.show_notes()
        if self.is_terminal:
            self.say("", keep=False)
            say("", before="\r", end="")
