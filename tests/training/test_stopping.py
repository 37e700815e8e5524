"""Who asks for a stop, once or twice, and in which ways; trainings are stopped in robustness/."""

import os
import signal

import pytest

from tweetsent_utils.errors import Stopped
from tweetsent_utils.training import stopping
from tweetsent_utils.training.stopping import stop_between_steps

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGHUP")


def send(*signals: signal.Signals) -> None:
    for number in signals:
        os.kill(os.getpid(), number)


def test_without_a_signal_nothing_is_asked_for():
    with stop_between_steps() as stop:
        assert not stop.requested
        stop.obey(3, 10)


def test_a_signal_is_a_request_that_tells_where_it_was_obeyed():
    with stop_between_steps() as stop:
        send(signal.SIGINT)
        assert stop.requested
        with pytest.raises(Stopped, match=r"after step 1,003 of 2,000"):
            stop.obey(1003, 2000)


def test_a_button_asks_for_the_same_and_a_signal_after_it_is_an_order(monkeypatch):
    with stop_between_steps() as stop:
        stop.ask()
        send(signal.SIGINT)  # at once: the same wish
        assert stop.requested
        monkeypatch.setattr(stopping, "SAME_WISH", -1.0)
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)


def test_the_same_signal_again_is_an_order():
    with pytest.raises(KeyboardInterrupt), stop_between_steps():
        send(signal.SIGINT, signal.SIGINT)


def test_one_wish_that_comes_by_two_ways_is_one_request():
    """A batch job's end reaches the kernel itself, and the command sends its own interrupt."""
    with stop_between_steps() as stop:
        send(signal.SIGTERM, signal.SIGINT)
        assert stop.requested


def test_another_signal_later_is_an_order(monkeypatch):
    monkeypatch.setattr(stopping, "SAME_WISH", -1.0)
    with pytest.raises(KeyboardInterrupt), stop_between_steps():
        send(signal.SIGTERM, signal.SIGINT)


def test_what_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_between_steps() as stop:
            send(signal.SIGHUP)
            assert not stop.requested
    finally:
        signal.signal(signal.SIGHUP, before)
