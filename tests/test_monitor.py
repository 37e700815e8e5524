"""What a person sees while a notebook runs: on a terminal one living line, elsewhere plain lines."""

import io
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tweetsent_utils.monitor import Monitor


class Screen(io.StringIO):
    """Standard output that says whether it is a terminal, and may be slow to write the status."""

    def __init__(self, terminal: bool, delay: float = 0) -> None:
        super().__init__()
        self.terminal, self.delay, self.writing = terminal, delay, threading.Event()

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> int:
        if "starting" in text:
            self.writing.set()
            time.sleep(self.delay)
        return super().write(text)


class HastyEvent(threading.Event):
    """An event whose timeouts are over at once."""

    def wait(self, timeout: float | None = None) -> bool:
        return super().wait(0.01 if timeout else timeout)


@pytest.fixture
def watch(monkeypatch, tmp_path) -> Callable[..., AbstractContextManager[tuple[Monitor, Path]]]:
    """Start a monitor on a screen, closed at the end; gives the monitor and the log it reads."""

    @contextmanager
    def watch(screen: Screen, old: str = "") -> Iterator[tuple[Monitor, Path]]:
        log = tmp_path / "progress.log"
        if old:
            log.write_text(old, encoding="utf-8")
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", screen)
            patch.setattr(threading, "Event", HastyEvent)
            monitor = Monitor("03_training", log, cells=9)
            try:
                yield monitor, log
            finally:
                monitor.close()

    return watch


def wait_for(screen: Screen, text: str) -> bool:
    end = time.monotonic() + 10
    while text not in screen.getvalue() and time.monotonic() < end:
        time.sleep(0.01)
    return text in screen.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
def test_notebook_cell_and_the_logs_last_line_are_shown(watch, terminal):
    screen = Screen(terminal)
    with watch(screen, "yesterday's line\n") as (monitor, log):
        assert wait_for(screen, "03_training: starting the kernel")
        monitor.cell_started(cell=None, cell_index=3)
        with open(log, "a") as file:
            file.write("\repoch 1:  10%\repoch 1:  50%   \n")
        assert wait_for(screen, "03_training: cell 4 of 9 · epoch 1:  50%")
    assert "yesterday" not in screen.getvalue()


def test_new_lines_are_found_behind_old_ones_that_are_not_ascii(watch):
    screen = Screen(terminal=False)
    with watch(screen, "café über naïve ééééééé\n") as (_, log):
        with open(log, "a", encoding="utf-8") as file:
            file.write("\rnew\n")
        assert wait_for(screen, "· new\n")


def test_elsewhere_than_on_a_terminal_lines_are_plain(watch):
    screen = Screen(terminal=False)
    with watch(screen) as (monitor, _):
        assert wait_for(screen, "starting the kernel\n")
        monitor.say("03_training: done")
    assert "\r" not in screen.getvalue()
    assert "\x1b" not in screen.getvalue()
    assert "03_training: done\n" in screen.getvalue()


def test_on_a_terminal_the_status_replaces_itself_and_kept_lines_stay(watch):
    screen = Screen(terminal=True)
    with watch(screen) as (monitor, _):
        assert wait_for(screen, "starting the kernel")
        assert "\n" not in screen.getvalue()
        monitor.say("03_training: done")
        assert "\r\033[K03_training: done\n" in screen.getvalue()


def test_nothing_is_shown_after_closing(watch):
    screen = Screen(terminal=True, delay=0.3)
    with watch(screen) as (monitor, _):
        assert screen.writing.wait(10)
        monitor.close()
        closed = screen.getvalue()
        time.sleep(0.4)
        assert screen.getvalue() == closed
    assert closed.endswith("\r\033[K")
