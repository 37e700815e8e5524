"""The figure of recipes: what it says of each change."""

import pytest

from tweetsent_utils.show.recipe_plots import describe_recipes, plot_recipes, tabulate_recipes


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
    assert "1 clearly helped and 1 clearly hurt" in figure.get_suptitle()


def test_the_words_hold_every_number_of_the_figure(summary):
    words = describe_recipes(summary)
    for number in ("better +2.0 ± 1.0", "unclear +0.5 ± 1.0", "worse -3.0 ± 1.0"):
        assert number in words


def test_the_table_has_accuracy_loss_and_cost_of_every_change(summary):
    table = tabulate_recipes(summary)
    assert table.loc["worse"].tolist() == ["0.770", "-3.0 ± 1.0", "+0.030", "1.5 ×", 2]
