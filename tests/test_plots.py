"""Colours that stay told apart, and a history figure that says what it shows."""

import colorsys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

from tweetsent_utils.plots import SPLIT_STYLES, class_colors, plot_history, use_style


@pytest.fixture(autouse=True)
def own_style():
    with mpl.rc_context():
        yield
    plt.close("all")


@pytest.fixture
def history() -> pd.DataFrame:
    steps = np.arange(1, 121)
    ends = pd.DataFrame(
        {"validation_loss": [1.0, 0.8], "validation_accuracy": [0.5, 0.6], "validation_macro_f1": [0.4, 0.55]},
        index=[59, 119],
    )
    table = {"step": steps, "train_loss": 1.6 / steps**0.2, "learning_rate": np.linspace(1e-5, 0, 120)}
    return pd.DataFrame(table).join(ends)


@pytest.mark.parametrize("classes", [1, 2, 3, 5, 7, 40])
def test_there_is_one_colour_per_class_and_no_colour_twice(classes):
    colors = class_colors(classes)
    assert len(colors) == len(set(colors)) == classes


@pytest.mark.parametrize("classes", [2, 3, 5, 40])
def test_the_ramp_runs_from_warm_to_cool_through_grey(classes):
    colors = [to_rgb(color) for color in class_colors(classes)]
    assert colors[0] == to_rgb(class_colors(5)[0])
    assert colors[-1] == to_rgb(class_colors(5)[-1])
    assert colors[0][0] > colors[0][2]
    assert colors[-1][2] > colors[-1][0]
    if classes % 2:
        assert colorsys.rgb_to_hsv(*colors[classes // 2])[1] == 0


def test_ends_are_darker_than_their_neighbours_so_that_print_tells_them_apart():
    lightness = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in map(to_rgb, class_colors(5))]
    assert lightness[0] < lightness[1]
    assert lightness[4] < lightness[3]


def test_splits_differ_in_line_style_too():
    assert len({style["linestyle"] for style in SPLIT_STYLES.values()}) == len(SPLIT_STYLES) == 3


def test_history_shows_four_labelled_curves_with_their_numbers(history):
    figure = plot_history(history, "Validation loss falls in both epochs")
    assert figure.get_suptitle() == "Validation loss falls in both epochs"
    labels = [axis.get_ylabel() for axis in figure.axes]
    assert labels == ["train loss (nats)", "validation loss (nats)", "validation score", "learning rate"]
    assert all(axis.get_xlabel() == "training step" for axis in figure.axes[2:])
    train, loss, scores, rate = figure.axes
    np.testing.assert_allclose(train.lines[0].get_ydata(), history["train_loss"])
    assert loss.lines[0].get_xydata().tolist() == [[60, 1.0], [120, 0.8]]
    curves = {line.get_label(): line.get_ydata().tolist() for line in scores.lines}
    assert curves == {"accuracy": [0.5, 0.6], "macro-F1": [0.4, 0.55]}
    np.testing.assert_allclose(rate.lines[0].get_ydata(), history["learning_rate"])
    assert scores.get_legend() is not None


def test_smoothed_loss_is_the_mean_of_its_window(history):
    smooth = plot_history(history, "x").axes[0].lines[1]
    assert smooth.get_label() == "mean of 3 batches"
    losses = history["train_loss"].to_numpy()
    np.testing.assert_allclose(smooth.get_ydata()[1:-1], (losses[2:] + losses[1:-1] + losses[:-2]) / 3)


def test_history_of_a_run_cut_short_can_be_drawn(history, recwarn):
    use_style()
    figure = plot_history(history.iloc[:1], "One step")
    figure.canvas.draw()
    assert [str(warning.message) for warning in recwarn] == []


def test_style_is_wide_and_shows_nothing_by_itself():
    use_style()
    figure = plt.figure()
    assert 7 <= figure.get_figwidth() <= 8
    assert not plt.isinteractive()
