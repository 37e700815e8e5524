"""Signals that ask to stop: what they do to a kernel, which is tested whole in robustness/."""

import signal
import threading

import pytest

from tweetsent_utils.errors import Stopped
from tweetsent_utils.pipeline import stopping
from tweetsent_utils.pipeline.stopping import StoppableKernel
from tweetsent_utils.training.stopping import stop_signals


class Manager:
    """A manager whose kernel notes what it gets."""

    has_kernel = True

    def __init__(self) -> None:
        self.got = []
        self.provisioner = self

    async def interrupt_kernel(self) -> None:
        self.got.append("interrupt")

    async def kill(self) -> None:
        self.got.append("kill")


@pytest.fixture
def kernel(monkeypatch):
    """A kernel that is there and has nothing to do yet."""
    monkeypatch.setattr(stopping, "SECONDS_TO_BEGIN", 0.0)
    kernel = StoppableKernel({})
    kernel.manager = Manager()
    return kernel


def heed(kernel, *signals):
    """Note signals and heed them more than once, as the driver does."""
    for number in signals:
        kernel.note_signal(number, None)
    for _ in range(3):
        kernel.heed_signals()
    return kernel.manager.got


def test_without_a_signal_nothing_happens(kernel):
    kernel.cell_begun()
    assert heed(kernel) == []


def test_the_first_signal_interrupts_once_and_the_second_kills_once(kernel):
    kernel.cell_begun()
    assert heed(kernel, signal.SIGINT) == ["interrupt"]
    assert heed(kernel, signal.SIGTERM) == ["interrupt", "kill"]
    assert heed(kernel, signal.SIGTERM) == ["interrupt", "kill"]


def test_between_two_cells_there_is_nothing_to_interrupt(kernel):
    kernel.cell_begun()
    kernel.cell_ended()
    assert heed(kernel, signal.SIGINT) == []
    kernel.cell_begun()
    assert heed(kernel) == ["interrupt"]


def test_a_cell_that_was_just_sent_is_interrupted_when_it_has_begun(kernel, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(stopping, "SECONDS_TO_BEGIN", 0.5)
    monkeypatch.setattr(stopping.time, "monotonic", lambda: now[0])
    kernel.cell_begun()
    assert heed(kernel, signal.SIGINT) == []
    now[0] += 0.6
    assert heed(kernel) == ["interrupt"]


def test_a_kernel_that_starts_is_ended_as_soon_as_it_is_there(kernel):
    kernel.manager.has_kernel = False
    assert heed(kernel, signal.SIGINT) == []
    kernel.manager.has_kernel = True
    assert heed(kernel) == ["kill"]


def test_on_windows_ctrl_c_comes_from_the_console_and_is_not_sent_twice(kernel, monkeypatch):
    monkeypatch.setattr(stopping, "ON_WINDOWS", True)
    kernel.cell_begun()
    assert heed(kernel, signal.SIGINT) == []
    assert heed(kernel, signal.SIGINT) == ["kill"]


def test_a_stop_names_the_first_signal(kernel):
    assert kernel.stop("stopped").signal_number == signal.SIGINT
    heed(kernel, signal.SIGTERM, signal.SIGINT)
    stop = kernel.stop("03_training was stopped")
    assert (type(stop), str(stop)) == (Stopped, "03_training was stopped")
    assert stop.signal_number == signal.SIGTERM


def test_handlers_are_there_in_the_block_only_and_what_is_ignored_stays_so():
    noted = []
    earlier = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        before = signal.getsignal(signal.SIGINT)
        with stop_signals(lambda number, frame: noted.append(number)):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
        assert noted == [signal.SIGINT]
        assert signal.getsignal(signal.SIGINT) is before
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, earlier)


def test_outside_of_the_main_thread_the_block_changes_nothing():
    ended = []

    def work():
        with stop_signals(lambda number, frame: None):
            ended.append(signal.getsignal(signal.SIGINT))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ended == [before]
