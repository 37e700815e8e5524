"""A progress bar passes everything through and leaves a log that one can follow."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from tqdm import tqdm

from tweetsent_utils.show import progress
from tweetsent_utils.show.progress import track_progress


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a log, which no command follows."""
    monkeypatch.delenv("TWEETSENT_NOTES", raising=False)
    return tmp_path / "log"


def states(log: Path) -> list[str]:
    """The states of the bars: each begins with a carriage return, as on a terminal."""
    lines = log.read_text(encoding="utf-8").replace("\r", "\n").splitlines()
    return [line.strip() for line in lines if line.strip()]


def test_everything_comes_through_in_order_and_not_ahead_of_time(log):
    taken = []

    class Loader:
        def __len__(self) -> int:
            return 3

        def __iter__(self) -> Iterator[int]:
            for number in range(3):
                taken.append(number)
                yield number

    bar = track_progress(Loader(), "lazy", log)
    assert next(bar) == 0
    assert taken == [0]
    assert list(bar) == [1, 2]


def test_the_log_holds_name_and_count_as_plain_text_and_nothing_is_printed(log, capfd):
    log.write_text("before\n")
    list(track_progress([1, 2, 3, 4], "epoch 1", log))
    before, first, *_, last = states(log)
    assert before == "before"
    assert first.startswith("epoch 1:")
    assert "0/4" in first
    assert last.startswith("epoch 1:")
    assert "4/4" in last
    assert log.read_text(encoding="utf-8").isascii()
    assert capfd.readouterr() == ("", "")


def test_batches_are_counted_in_tweets(log):
    batches = [{"labels": [0] * 3}, {"labels": [1] * 3}, {"labels": [2]}]
    assert list(track_progress(batches, "training", log, tweets=7)) == batches
    last = states(log)[-1]
    assert "7/7" in last
    assert "tweet/s" in last


def test_after_a_stop_the_bar_goes_on_and_the_rate_is_that_of_the_new_tweets(log, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("tqdm.std.time", lambda: now[0])
    seen = []
    batches = [{"labels": [0] * 16}] * 3
    for _ in track_progress(batches, "training", log, tweets=1200, done=96):
        seen.append(states(log)[-1])
        now[0] += 4
    assert "96/1200" in seen[0]
    assert "112/1200" in seen[1]
    assert "4.00 tweet/s" in seen[1]  # 16 in 4 seconds, and not 112
    assert "144/1200" in states(log)[-1]


def test_steps_that_are_left_count_on_from_those_that_are_done(log):
    list(track_progress(range(3), "epoch 1", log, done=7))
    first, *_, last = states(log)
    assert "7/10" in first
    assert "10/10" in last


@pytest.mark.parametrize(
    ("follower", "interactive", "lines"),
    [
        ({}, False, ["one: 100%", "two: 100%"]),  # plain papermill
        ({"TWEETSENT_NOTES": "notes"}, False, []),  # a command follows the log
        ({}, True, []),  # JupyterLab shows the bar
    ],
)
def test_where_nobody_shows_the_log_a_line_a_minute_is_printed(
    log, monkeypatch, capsys, follower, interactive, lines
):
    now = [0.0]
    for name, value in follower.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(progress, "is_interactive", lambda: interactive)
    monkeypatch.setattr(progress, "open_bar", lambda options, *rest: tqdm(**options, file=rest[0]))
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(progress, "PACE_OF_LINES", progress.Pace(60))
    for name in ("one", "two"):  # two epochs
        for _ in track_progress(range(3), name, log):
            now[0] += 21
    printed = capsys.readouterr().out.splitlines()
    assert [line[:9] for line in printed] == lines


def test_nested_bars_write_whole_states_of_both(log):
    for _ in track_progress(range(2), "epochs", log):
        assert list(track_progress(range(3), "batches", log)) == [0, 1, 2]
    assert "\x1b" not in log.read_text(encoding="utf-8")
    lines = states(log)
    assert all(line.count("%|") == 1 for line in lines)
    assert sum(line.startswith("batches:") and "3/3" in line for line in lines) == 2
    assert "2/2" in [line for line in lines if line.startswith("epochs:")][-1]


def test_slow_items_are_seen_while_they_run(log, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("tqdm.std.time", lambda: now[0])
    seen = []
    for _ in track_progress(range(4), "slow", log):
        seen.append(states(log)[-1])
        now[0] += 5
    for count, state in enumerate(seen):
        assert f"{count}/4" in state
    assert "00:05<00:15" in seen[1]


def test_a_bar_with_words_fits_a_terminal_of_80_columns(log):
    """The command shows the notebook's name before it, and a terminal's last column stays free."""
    batches = [{"labels": [0] * 33_524}]
    words = iter(["loss 0.53"]).__next__
    name = "epoch 1 of 2"
    list(track_progress(batches, name, log, tweets=33_524, words=words))
    last = states(log)[-1]
    assert last.startswith("epoch 1 of 2: 100%|")
    assert "33524/33524" in last
    assert "loss 0.53" in last
    assert len("03_training: " + last) < 80


def test_a_line_of_ones_own_is_printed_in_place_of_the_bar(log, monkeypatch, capsys):
    monkeypatch.setattr(progress, "PACE_OF_LINES", progress.Pace(-1))
    list(track_progress(range(2), "epoch 1", log, line=lambda: "step 3 of 10"))
    assert capsys.readouterr().out.splitlines() == ["step 3 of 10"] * 2


@pytest.fixture
def notebook(monkeypatch) -> list[object]:
    """What an output in JupyterLab shows, one state after the other."""
    states: list[object] = []

    class Output:
        def update(self, data: dict, raw: bool) -> None:
            states.append(data)

    def show(widget: object, display_id: bool) -> Output:
        states.append(widget)
        return Output()

    monkeypatch.setattr(progress, "is_interactive", lambda: True)
    monkeypatch.setattr(progress, "display", show)
    return states


def test_where_somebody_watches_the_bar_is_a_widget_and_the_log_stays_empty(
    log, notebook, monkeypatch
):
    monkeypatch.setattr("tqdm.std.time", itertools.count().__next__)
    bar = track_progress([1, 2], "epoch", log, words=lambda: "loss 0.53")
    assert [next(bar), next(bar)] == [1, 2]
    (widget,) = notebook
    texts = [part.value for part in widget.children]
    assert texts[0].startswith("epoch:")
    assert texts[1] == 1
    assert "loss" in texts[2]
    assert "0.53" in texts[2]
    assert log.read_text() == ""


@pytest.mark.parametrize("how", ["to its end", "stopped"])
def test_no_dead_widget_stays_in_the_output(log, notebook, how):
    bar = track_progress([1, 2], "epoch", log)
    if how == "stopped":
        next(bar)
        bar.close()
    else:
        list(bar)
    assert notebook[-1] == {"text/plain": ""}
