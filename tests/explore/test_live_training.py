"""What is seen of a training while it runs, and the button that stops it."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from jupyter_client.client import KernelClient
from jupyter_client.manager import start_new_kernel

from tweetsent_utils.explore import live_training
from tweetsent_utils.explore.live_html import WIDGET_VIEW
from tweetsent_utils.explore.live_training import (
    LiveFigure,
    TrainingProgress,
    TrainingWatch,
)
from tweetsent_utils.training.stopping import StopRequest


def make_history(losses: list[float], epoch_steps: int = 0) -> list[dict]:
    """Steps with these losses, and validation scores after each epoch."""
    history = [{"train_loss": loss, "learning_rate": 2e-4} for loss in losses]
    ends = range(epoch_steps, len(history) + 1, epoch_steps) if epoch_steps else ()
    for end in ends:
        history[end - 1] |= {"validation_loss": 0.9, "validation_accuracy": end / 10}
    return history


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, which a test moves."""
    now = [0.0]
    monkeypatch.setattr(live_training.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(live_training.time, "thread_time", lambda: now[0])
    return now


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """The states of an output in JupyterLab."""
    states: list[dict] = []

    class Output:
        def update(self, data: dict, raw: bool) -> None:
            states.append(data)

    def show(data: dict, raw: bool, display_id: bool) -> Output:
        states.append(data)
        return Output()

    monkeypatch.setattr(live_training, "display", show)
    monkeypatch.setattr(live_training, "is_interactive", lambda: True)
    return states


def test_a_line_has_all_figures_of_the_moment(clock):
    history = make_history([1.5, 1.0, 0.5, 0.25], epoch_steps=2)
    progress = TrainingProgress(history, total_steps=8, total_epochs=4)
    progress.begin_epoch()
    for _ in range(4):  # in this session
        clock[0] += 2
        progress.add_step(tweets=16)
    clock[0] += 5
    progress.add_epoch()
    line = progress.in_a_line()
    # Four steps of 2 seconds are left, and two validations of 5.
    assert line == "step 4 of 8, loss 0.25, learning rate 2.0e-04, 8.0 tweets/s, 00:18 left"
    assert progress.in_a_word() == "loss 0.25"
    assert progress.best() == "0.40 (epoch 2)"


def test_a_training_that_goes_on_times_its_own_steps_alone(clock):
    progress = TrainingProgress(make_history([1.0] * 90), total_steps=100, total_epochs=1)
    assert "left" not in progress.in_a_line()
    clock[0] += 600  # the notebook was open, and nothing ran
    progress.begin_epoch()
    clock[0] += 3
    progress.add_step(tweets=30)
    assert "10 tweets/s, 00:30 left" in progress.in_a_line()


@pytest.mark.parametrize("losses", [[], [1.2], [np.nan], [1.0, np.nan, np.inf, 0.8]])
def test_every_history_has_a_figure(losses):
    progress = TrainingProgress(make_history(losses), total_steps=10, total_epochs=2)
    html = progress.html()
    assert f"{len(losses)} of 10" in html
    assert "</svg>" in html
    assert progress.in_a_line()


def test_a_long_training_is_drawn_from_few_points():
    losses = list(np.linspace(2, 0.5, 100_000))
    progress = TrainingProgress(make_history(losses, 20_000), 100_000, 5)
    progress.look()
    html = progress.html()
    assert len(html) < 20_000
    assert progress.losses[0][0] == 1
    assert progress.losses[-1][0] == 100_000


def test_looks_are_two_seconds_apart_or_more_where_they_take_long(clock):
    progress = TrainingProgress([], 10, 1)
    watch = TrainingWatch(progress, StopRequest())
    assert not watch.is_due()
    clock[0] += 2
    assert watch.is_due()

    def slow_look() -> None:
        clock[0] += 0.5

    progress.look = slow_look
    watch.look()
    clock[0] += 49  # half a second is a hundredth of 50
    assert not watch.is_due()
    clock[0] += 1
    assert watch.is_due()


def test_the_button_asks_for_a_stop_as_a_signal_does(shown):
    stop = StopRequest()
    figure = LiveFigure(TrainingProgress([], 10, 1), stop)
    assert not stop.requested
    thread = threading.Thread(target=figure.button.click)
    thread.start()
    thread.join()
    assert stop.requested
    assert figure.button.disabled


def test_when_a_training_has_ended_its_picture_needs_no_kernel(shown):
    history = make_history([1.0])
    watch = TrainingWatch(TrainingProgress(history, 10, 1), StopRequest())
    watch.open()
    history += make_history([0.5])
    watch.look()
    assert "2 of 10" in watch.figure.page.html
    watch.close()
    first, last = shown
    assert WIDGET_VIEW in first
    assert WIDGET_VIEW not in last
    assert "2 of 10" in last["text/html"]


def test_where_nobody_watches_there_is_no_figure(shown, monkeypatch):
    monkeypatch.setattr(live_training, "is_interactive", lambda: False)
    watch = TrainingWatch(TrainingProgress([], 10, 1), StopRequest())
    watch.open()
    watch.look()
    watch.close()
    assert shown == []


@pytest.fixture
def client() -> Iterator[KernelClient]:
    """A client of a new kernel, which asks for input, as JupyterLab does."""
    manager, client = start_new_kernel(startup_timeout=300)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


BUSY_CELL = """
import time
from tweetsent_utils.explore.live_training import LiveFigure, TrainingProgress
from tweetsent_utils.training.stopping import StopRequest

stop = StopRequest()
figure = LiveFigure(TrainingProgress([], 10, 1), stop)
print("button", figure.button.comm.comm_id)
began = time.monotonic()
while not stop.requested and time.monotonic() - began < 60:
    time.sleep(0.05)
    figure.update()
print("requested" if stop.requested else "not heard")
"""


@pytest.mark.slow
def test_the_button_is_heard_while_a_cell_runs(client):
    """As in JupyterLab, the click comes for a subshell, a thread of the kernel for widgets."""
    client.control_channel.send(client.session.msg("create_subshell_request"))
    subshell = client.get_control_msg(timeout=60)["content"]["subshell_id"]

    def see(message: dict) -> None:
        printed.append(message["content"].get("text", ""))
        if printed[-1].startswith("button"):
            click = {"method": "custom", "content": {"event": "click"}}
            comm_id = printed[-1].split()[1]
            message = client.session.msg("comm_msg", {"comm_id": comm_id, "data": click})
            message["header"]["subshell_id"] = subshell
            client.shell_channel.send(message)

    printed: list[str] = []
    client.execute_interactive(BUSY_CELL, timeout=120, output_hook=see)
    assert "requested\n" in "".join(printed)
    assert "not heard" not in "".join(printed)
