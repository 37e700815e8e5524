"""The picker of runs: what is ticked is drawn and listed, and what differs is named."""

import numpy as np
import pandas as pd
import pytest

from tweetsent_utils.evaluation.comparison import number_tasks, rank_runs, tabulate_parameters
from tweetsent_utils.explore import live_html, run_picker
from tweetsent_utils.explore.run_picker import RunPicker, make_panel, pick_runs

EVIL = "reference/<b>$x$"


def make_runs(names: list[str]) -> tuple:
    """What notebook 6 has of runs; the first is the best, and each has a max_lr of its own."""
    scores, parameters, histories = {}, {}, {}
    for number, name in enumerate(names):
        accuracy = 0.9 - 0.01 * number
        scores[name] = {"validation_accuracy": accuracy, "validation_macro_f1": 0.5, "rows": 600}
        parameters[name] = {"train_file": "a.csv", "seed": 0, "max_lr": 0.1 * (1 + number)}
        history = pd.DataFrame({"train_loss": np.linspace(2, 1, 1000)}, index=range(1, 1001))
        history["validation_accuracy"] = np.nan
        history.loc[[500, 1000], "validation_accuracy"] = [0.5, accuracy]
        histories[name] = history
    table, parameters = rank_runs(scores), tabulate_parameters(parameters)
    return histories, table, parameters, number_tasks(table, parameters)


@pytest.fixture
def picker() -> RunPicker:
    return RunPicker(*make_runs(["one", EVIL, "three"]))


def test_the_ticked_runs_are_drawn_and_listed(picker):
    picker.pick("tick 2")
    html = picker.html(has_controls=True)
    assert html.count("checked") == 2
    assert "0.900" in html and "0.890" in html and "0.880" not in html
    assert "<b>$x$" not in html
    assert html.count("validation accuracy: one from 0.5 to 0.9") == 1
    assert "validation loss" not in html  # of which these runs have no record
    picker.pick("none")
    assert "Tick a run" in picker.html()
    picker.pick("all")
    assert "0.880" in picker.html()


def test_a_run_that_is_clicked_is_named_with_the_parameters_that_differ(picker):
    picker.pick("look 0")
    assert "differs in" in picker.html()
    assert "max_lr" in picker.html() and "train_file" not in picker.html()
    assert "0.2, 0.30000000000000004" in picker.html()
    picker.pick("none")
    assert "max_lr" not in picker.html()
    picker.pick("tick 1")
    picker.pick("look 1")
    assert "tick another" in picker.html()
    assert "reference/&lt;b&gt;$x$" in picker.html()
    picker.pick("look 1")  # again: away
    assert "tick another" not in picker.html()


def test_runs_of_other_tasks_are_said_not_to_compare_and_can_be_ticked_together():
    histories, table, parameters, _ = make_runs(["one", "two", "three"])
    picker = RunPicker(histories, table, parameters, pd.Series({"one": 1, "two": 2, "three": 2}))
    assert "don't compare" in picker.html()
    picker.pick("task 2")
    assert picker.ticked == {1, 2}
    assert "don't compare" not in picker.html()


def test_many_runs_and_odd_curves_are_drawn():
    histories, table, parameters, task = make_runs([f"run {number:02}" for number in range(30)])
    histories["run 00"]["train_loss"] = np.nan
    histories["run 01"]["validation_loss"] = [np.inf, 1.0] * 500
    histories["run 02"] = histories["run 02"].iloc[-1:]
    picker = RunPicker(histories, table, parameters, task)
    picker.pick("all")
    html = picker.html(has_controls=True)
    assert len(html) < 500_000
    assert "validation loss (nats): run 01 from 1 to 1" in html
    for word in ("nan", "inf"):
        assert f">{word}<" not in html and f"{word} " not in html


def test_the_panel_hears_ticks(picker):
    page = make_panel(picker)
    page._handle_custom_msg({"pick": "tick 0"}, [])
    assert "0.900" not in page.html


def test_where_nobody_plays_there_is_a_picture(monkeypatch):
    shown = []
    monkeypatch.setattr(live_html, "display", lambda data, raw: shown.append(data))
    monkeypatch.setattr(run_picker, "make_panel", lambda picker: pytest.fail("a widget"))
    pick_runs(*make_runs(["one"]))
    (data,) = shown
    assert "<svg" in data["text/html"]
    assert "<input" not in data["text/html"] and "<button" not in data["text/html"]
