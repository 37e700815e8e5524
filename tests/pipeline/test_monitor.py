"""What a person sees while a notebook runs: on a terminal one live line, elsewhere plain lines."""

import io
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
def watch(log, monkeypatch) -> Callable[[Screen], Monitor]:
    """Start a monitor on a screen, which looks at the log all the time; closed at the end."""
    monitors = []
    monkeypatch.setattr(monitor_module, "TERMINAL_SECONDS", 0.01)
    monkeypatch.setattr(monitor_module, "LOG_SECONDS", 0.01)

    def start(screen: Screen) -> Monitor:
        monkeypatch.setattr(sys, "stdout", screen)
        monitors.append(Monitor("03_training", log, cells=9))
        return monitors[-1]

    yield start
    for monitor in monitors:
        monitor.close()


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_notebook_its_cell_and_the_last_new_line_of_the_log_are_shown(watch, log, is_terminal):
    screen = Screen(is_terminal)
    monitor = watch(screen)
    assert screen.shows("03_training: starting the kernel")
    monitor.cell_started(cell=None, cell_index=3)
    with open(log, "a") as file:
        file.write("\repoch 1:  10%\repoch 1:  50%   \n")
    assert screen.shows("03_training: cell 4 of 9 · epoch 1:  50%")
    assert "old line" not in screen.getvalue()


def test_without_a_terminal_lines_are_plain(watch):
    screen = Screen(is_terminal=False)
    monitor = watch(screen)
    assert screen.shows("starting the kernel\n")
    monitor.say("03_training: done")
    monitor.close()
    assert "03_training: done\n" in screen.getvalue()
    assert "\r" not in screen.getvalue()
    assert "\x1b" not in screen.getvalue()


def test_on_a_terminal_the_status_replaces_itself_and_a_kept_line_stays(watch):
    screen = Screen(is_terminal=True)
    monitor = watch(screen)
    assert screen.shows("starting the kernel")
    assert "\n" not in screen.getvalue()
    monitor.say("03_training: done")
    assert "\r\033[K03_training: done\n" in screen.getvalue()


def test_nothing_is_shown_after_closing(watch):
    screen = Screen(is_terminal=True, delay=0.3)
    monitor = watch(screen)
    assert screen.writing.wait(10)
    monitor.close()
    shown = screen.getvalue()
    time.sleep(0.4)
    assert screen.getvalue() == shown
    assert shown.endswith("\r\033[K")
