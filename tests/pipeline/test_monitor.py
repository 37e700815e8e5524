"""What a person sees while a notebook runs: on a terminal one live line, elsewhere plain lines."""

import io
import os
import re
import sys
import threading
import time
from collections.abc import Callable

import pytest

from tweetsent_utils.pipeline import monitor as monitor_module
from tweetsent_utils.pipeline.monitor import Monitor


class Screen(io.StringIO):
    """Standard output, a terminal or not, which may be slow to write the status."""

    def __init__(self, is_terminal: bool, delay: float = 0) -> None:
        super().__init__()
        self.is_terminal = is_terminal
        self.delay = delay
        self.writing = threading.Event()

    def isatty(self) -> bool:
        return self.is_terminal

    def write(self, text: str) -> int:
        if "starting" in text:
            self.writing.set()
            time.sleep(self.delay)
        return super().write(text)

    def shows(self, text: str) -> bool:
        """Wait for a text."""
        end = time.monotonic() + 10
        while text not in self.getvalue() and time.monotonic() < end:
            time.sleep(0.01)
        return text in self.getvalue()


@pytest.fixture
def log(tmp_path):
    """The progress log, which another run has left."""
    file = tmp_path / "progress.log"
    file.write_text("café über naïve: an old line\n", encoding="utf-8")
    return file


@pytest.fixture
def notes(tmp_path):
    """The notes, of which an earlier notebook has left one."""
    file = tmp_path / "notes"
    file.write_text("a.csv is read as cp1252\n", encoding="utf-8")
    return file


@pytest.fixture
def watch(log, notes, monkeypatch) -> Callable[[Screen], Monitor]:
    """Start a monitor on a screen, which looks at the files all the time; closed at the end."""
    monitors = []
    monkeypatch.setattr(monitor_module, "TERMINAL_SECONDS", 0.01)
    monkeypatch.setattr(monitor_module, "LOG_SECONDS", 0.01)

    def start(screen: Screen) -> Monitor:
        monkeypatch.setattr(sys, "stdout", screen)
        monitors.append(Monitor("03_training", log, cells=9, notes=notes))
        return monitors[-1]

    yield start
    for monitor in monitors:
        monitor.close()


def append(file, text):
    with open(file, "a", encoding="utf-8") as opened:
        opened.write(text)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_notebook_its_cell_or_the_cells_last_progress_are_shown(watch, log, is_terminal):
    screen = Screen(is_terminal)
    monitor = watch(screen)
    assert screen.shows("03_training: starting the kernel")
    monitor.cell_started(cell_index=3)
    assert screen.shows("03_training: in cell 4 of 9")
    append(log, "\repoch 1:  10%\repoch 1:  50%   \n")
    assert screen.shows("03_training: epoch 1:  50%")
    monitor.cell_started(cell_index=4)
    assert screen.shows("03_training: in cell 5 of 9")
    assert "old line" not in screen.getvalue()
    monitor.close()


@pytest.mark.parametrize("is_terminal", [True, False])
def test_each_new_note_is_shown_once_and_stays(watch, notes, is_terminal):
    screen = Screen(is_terminal)
    monitor = watch(screen)
    append(notes, "a.csv is read as cp1252\nb.csv: 3 labels are spelled in another way\n")
    assert screen.shows("03_training: b.csv: 3 labels are spelled in another way")
    append(notes, "b.csv: 3 labels are spelled in another way\nthe last one \x1b[2J\nhalf a no")
    monitor.close()
    shown = screen.getvalue()
    assert "a.csv" not in shown
    assert shown.count("b.csv") == 1
    assert shown.count("the last one \\x1b[2J") == 1
    assert "half" not in shown
    assert re.search(r"another way *\n", shown)


def test_without_a_terminal_lines_are_plain(watch):
    screen = Screen(is_terminal=False)
    monitor = watch(screen)
    assert screen.shows("starting the kernel\n")
    monitor.say("03_training: done")
    monitor.close()
    assert "03_training: done\n" in screen.getvalue()
    assert "\r" not in screen.getvalue()
    assert "\x1b" not in screen.getvalue()


def test_on_a_terminal_the_status_replaces_itself_and_a_kept_line_stays(watch, monkeypatch):
    monkeypatch.setattr(
        monitor_module.shutil, "get_terminal_size", lambda: os.terminal_size((31, 9))
    )
    screen = Screen(is_terminal=True)
    monitor = watch(screen)
    assert screen.shows("\r03_training: starting the kern\r")  # cut, so that it stays one line
    assert "\n" not in screen.getvalue()
    monitor.say("03_training: done")
    assert "\r03_training: done" + " " * 13 + "\n" in screen.getvalue()
    monitor.say("03_training: a line that is longer than the terminal is wide")
    assert "wide\n" in screen.getvalue()
    assert "\x1b" not in screen.getvalue()  # which old consoles of Windows show as it is
    monitor.close()


def test_files_that_cannot_be_read_end_nothing(watch, log, notes):
    screen = Screen(is_terminal=False)
    monitor = watch(screen)
    for file in (log, notes):
        file.unlink()
        file.mkdir()
    monitor.cell_started(cell_index=0)
    assert screen.shows("03_training: in cell 1 of 9\n")
    monitor.close()


def test_nothing_is_shown_after_closing(watch):
    screen = Screen(is_terminal=True, delay=0.3)
    monitor = watch(screen)
    assert screen.writing.wait(10)
    monitor.close()
    shown = screen.getvalue()
    time.sleep(0.4)
    assert screen.getvalue() == shown
    assert shown.endswith(" \r")
