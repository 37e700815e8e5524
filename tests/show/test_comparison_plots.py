"""Figures that compare runs say in their titles what they show, of any runs."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from tweetsent_utils.evaluation.comparison import rank_runs
from tweetsent_utils.show import comparison_plots as plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def make_history(accuracy: float) -> pd.DataFrame:
    history = pd.DataFrame({"train_loss": np.linspace(1.6, 0.4, 30)}, index=range(1, 31))
    history["validation_accuracy"] = np.nan
    history.loc[[15, 30], "validation_accuracy"] = [accuracy / 2, accuracy]
    return history


def rank(accuracies: dict[str, float]) -> pd.DataFrame:
    scores = {
        name: {"validation_accuracy": value, "validation_macro_f1": value}
        for name, value in accuracies.items()
    }
    return rank_runs(scores)


@pytest.mark.parametrize(
    ("tasks", "titles"),
    [
        ([1], ["Task 1: only ends at 0.70"]),
        ([1, 1], ["Task 1: b 0.80, a 0.70"]),
        ([1, 2], ["Task 1: a ends at 0.70", "Task 2: b ends at 0.80"]),
    ],
)
def test_titles_of_the_curves_compare_within_a_task_only(tasks, titles):
    accuracies = {"only": 0.7} if len(tasks) == 1 else {"a": 0.7, "b": 0.8}
    table = rank(accuracies)
    histories = {name: make_history(value) for name, value in accuracies.items()}
    task = pd.Series(tasks, list(accuracies))
    figure = plots.plot_curves(histories, table, task)
    shown = [part.get_suptitle() for part in figure.subfigs]
    assert [" ".join(title.split()) for title in shown] == titles
    words = plots.describe_curves(histories, table, task)
    for name, value in accuracies.items():
        assert f"{name}: train loss from" in words
        assert f"validation accuracy from {value / 2:.3f} at 50% to {value:.3f}" in words


def test_the_best_twelve_runs_are_drawn_and_each_ends_at_its_score():
    accuracies = {f"run {number}": 0.5 + number / 100 for number in range(15)}
    histories = {name: make_history(value) for name, value in accuracies.items()}
    figure = plots.plot_curves(histories, rank(accuracies), pd.Series(1, list(accuracies)))
    _, score_axis = figure.axes
    lines = {line.get_label(): line for line in score_axis.lines}
    assert set(lines) == {f"run {number}" for number in range(3, 15)}
    for name, line in lines.items():
        assert line.get_ydata()[-1] == pytest.approx(accuracies[name])
    looks = {(line.get_color(), line.get_linestyle()) for line in lines.values()}
    assert len(looks) == 12


def test_seeds_have_intervals_as_wide_as_the_rows_leave_them():
    figure = plots.plot_seeds(pd.Series([0.80, 0.75], [0, 1]), rows=400)
    assert figure.get_suptitle() == "Same settings, 2 seeds: 5.0 points apart"
    words = plots.describe_seeds(pd.Series([0.80, 0.75], [0, 1]))
    assert "0.800 with seed 0, 0.750 with seed 1. They are 5.0 points apart." in words
    (axis,) = figure.axes
    (bars,) = axis.containers
    (segments,) = bars[2]
    low, high = segments.get_segments()[0][:, 0]
    assert (low, high) == pytest.approx((0.8 - 1.96 * 0.02, 0.8 + 1.96 * 0.02))


@pytest.mark.parametrize(("rows", "points"), [(1, "98.0"), (400, "4.9"), (10**6, "0.1")])
def test_margin_shrinks_with_the_root_of_the_rows(rows, points):
    figure = plots.plot_margins(0.5, rows)
    title = " ".join(figure.get_suptitle().split())
    assert title == f"0.50 on {rows:,} rows is known to ± {points} points"
    assert f"± {points} points at the {rows:,} rows" in plots.describe_margins(0.5, rows)


@pytest.mark.parametrize(
    ("second", "title"),
    [
        ([0.5, 0.7], "pooling: both seeds rank mean first"),
        ([0.9, 0.8], "pooling: mean is first on average, and for 1 of 2 seeds"),
    ],
)
def test_title_says_whether_the_seeds_agree(second, title):
    accuracies = pd.DataFrame([[0.6, 0.8], second], [0, 1], columns=["cls", "mean"])
    figure = plots.plot_by_seed(accuracies, "pooling")
    assert " ".join(figure.get_suptitle().split()) == title
    assert [line.get_label() for line in figure.axes[0].lines] == ["seed 0", "seed 1", "mean"]
    words = plots.describe_by_seed(accuracies, "pooling")
    assert "seed 0: cls 0.600, mean 0.800;" in words
