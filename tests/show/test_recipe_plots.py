"""The figure of recipes: what it says of each change."""

import pytest

from tweetsent_utils.show.recipe_plots import (
    describe_ensembles,
    describe_recipes,
    plot_ensembles,
    plot_recipes,
    tabulate_recipes,
)


@pytest.fixture
def summary():
    def row(name, difference):
        return {
            "name": name,
            "difference": difference,
            "margin": 0.01,
            "differences": [difference - 0.002, difference + 0.002],
            "accuracy": 0.8 + difference,
            "loss_difference": -difference,
            "cost": 1.5,
            "seeds": [0, 1],
        }

    return [row("unclear", 0.005), row("worse", -0.03), row("better", 0.02)]


def test_the_best_change_is_on_top_and_what_is_clear_is_counted(summary):
    figure = plot_recipes(summary)
    (axis,) = figure.axes
    assert [label.get_text() for label in axis.get_yticklabels()] == ["better", "unclear", "worse"]
    assert "1 of 3 changes gain more than their bar, 1 lose more" in figure.get_suptitle()


def test_what_the_seed_alone_does_stands_above_the_changes(summary):
    (axis,) = plot_recipes(summary, luck=[-0.005, -0.003]).axes
    first, *others = [label.get_text() for label in axis.get_yticklabels()]
    assert (first, len(others)) == ("nothing but the seed", 3)
    assert axis.lines[0].get_xdata().tolist() == [-0.5, -0.3]
    assert "Nothing but the seed: -0.5, -0.3" in describe_recipes(summary, luck=[-0.005, -0.003])


def test_the_words_hold_every_number_of_the_figure(summary):
    words = describe_recipes(summary)
    for number in ("better +2.0 ± 1.0", "unclear +0.5 ± 1.0", "worse -3.0 ± 1.0"):
        assert number in words


def test_the_table_has_accuracy_loss_and_cost_of_every_change(summary):
    table = tabulate_recipes(summary)
    assert table.loc["worse"].tolist() == ["0.770", "-3.0 ± 1.0", "+0.030", 2, "1.5 ×"]


def test_the_table_of_a_gpu_has_no_cost(summary):
    for row in summary:
        del row["cost"]
    assert "cost" not in tabulate_recipes(summary)


def test_the_gain_of_an_ensemble_is_that_of_the_largest_over_one_model():
    ensembles = [{"models": 1, "accuracy": 0.8}, {"models": 2, "accuracy": 0.8125}]
    words = describe_ensembles(ensembles)
    assert "1.2 points" in words
    assert "1: 0.800, 2: 0.812" in words
    (axis,) = plot_ensembles(ensembles).axes
    assert [text.get_text() for text in axis.texts] == ["0.800", "0.812"]
