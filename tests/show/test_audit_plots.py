"""Figures of the label audit: titles that are true of any data, and figures of little data."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from tweetsent_utils.show.audit_plots import (
    describe_score_by_class,
    find_odd_words,
    middle_scores,
    plot_disagreement,
    plot_ladder,
    plot_listed_words,
    plot_readers,
    plot_score_by_class,
    plot_steps_and_slope,
    plot_word_effects,
    title_word_effects,
)
from tweetsent_utils.show.display import encode_png

FIVE = ["Extremely Negative", "Negative", "Neutral", "Positive", "Extremely Positive"]


def title(figure: plt.Figure) -> str:
    """The title of a figure in one line, once it was drawn."""
    assert encode_png(figure).startswith(b"\x89PNG")
    plt.close(figure)
    return figure.get_suptitle().replace("\n", " ")


def texts_of(figure: plt.Figure) -> list[str]:
    return [text.get_text() for axis in figure.axes for text in axis.texts]


@pytest.mark.parametrize(
    ("classes", "ordered", "cuts", "expected"),
    [
        (5, True, [-0.6, -0.05, 0.05, 0.6], "cut at 4 lines, gives 98% of the labels"),
        (2, False, [0.1], "cut at one line, gives 98% of the labels"),
        (40, False, np.linspace(-0.9, 0.9, 39), "cut at 39 lines"),
        (3, False, [], "says nothing about these labels"),
        (1, False, [], "says nothing"),
    ],
)
def test_score_by_class_is_drawn_for_any_number_of_classes(classes, ordered, cuts, expected):
    counts = np.random.default_rng(0).integers(0, 9, (classes, 80))
    names = FIVE if classes == 5 else [f"class {rank}" for rank in range(classes)]
    figure = plot_score_by_class(counts, names, ordered, cuts, 0.981)
    assert expected in title(figure)
    alt = describe_score_by_class(counts, names, cuts, 0.981)
    assert f"{counts.sum():,} texts" in alt
    assert ("98.1%" in alt) == (len(cuts) > 0)


def test_a_bar_that_would_dwarf_the_others_is_cut_and_counted():
    counts = np.ones((2, 80), dtype=int)
    counts[0, 40] = 6000
    figure = plot_score_by_class(counts, ["a", "b"], False, [0.0], 1.0)
    assert "6,001 texts\nnear score 0" in texts_of(figure)
    assert figure.axes[0].get_ylim()[1] < 10
    plt.close(figure)


def test_no_text_at_all_has_a_figure():
    assert "nothing" in title(plot_score_by_class(np.zeros((2, 80)), ["a", "b"], False, [], 0))


def test_the_fold_says_between_which_scores_the_middle_of_a_class_is():
    counts = np.zeros(80, dtype=int)
    counts[40:60] = 5  # from 0 to 0.5
    assert middle_scores(counts) == pytest.approx((0, 0.475))
    assert "b from 0.00 to 0.48" in describe_score_by_class([counts, counts], ["a", "b"], [], 1)
    low, high = middle_scores(np.zeros(80, dtype=int))
    assert -1 <= low <= high <= 1


def test_the_reader_who_agrees_most_is_in_the_title_and_each_kind_in_the_fold():
    kinds = {"reads": {"GPT-4": 0.3}, "looks up": {"a list": 0.99}, "nothing": {"the largest": 0.2}}
    figure = plot_readers(kinds)
    assert title(figure) == "A list agrees with the most labels"
    assert "reads: GPT-4 30.0%; looks up: a list 99.0%" in figure.get_label()
    assert title(plot_readers({"reads": {"GPT-4": 0.3}})) == "GPT-4 agrees with the most labels"


@pytest.mark.parametrize(
    ("real", "expected"),
    [
        (None, "Labels: 50.0% as they are, 90.0% at “no hashtags”"),
        ({"as it is": 0.4, "NLTK's copy": 1.0}, "40.0% as they are, 100.0% with the old scorer"),
        ({"as it is": 0.4}, "Real labels: 40.0% as they are"),
    ],
)
def test_both_ends_of_the_ladder_are_in_the_title_the_last_of_several_best(real, expected):
    ladder = pd.DataFrame({"train": [0.5, 0.9, 0.9]}, index=["as it is", "no links", "no hashtags"])
    figure = plot_ladder(ladder, real, ("a model", 0.8), name="ours")
    assert title(figure).endswith(expected)
    assert "ours: as it is 50.0%" in figure.get_label()


@pytest.mark.parametrize(
    ("words", "ordered", "correlation", "expected"),
    [
        (0, True, None, "None of the words"),
        (2, True, None, "Too few words"),
        (9, True, 0.65, "the higher the model's answer (correlation 0.65)"),
        (9, False, 0.65, "the surer the model's answer"),
        (9, True, 0.1, "say little"),
        (9, True, -0.7, "say little"),
    ],
)
def test_the_title_says_how_the_words_of_the_list_move_the_model(
    words,
    ordered,
    correlation,
    expected,
):
    assert expected in title_word_effects(words, ordered, correlation)


@pytest.mark.parametrize("words", [[], ["good", "bad", "great"]])
@pytest.mark.parametrize("ordered", [True, False])
def test_word_effects_are_drawn_for_any_number_of_words(words, ordered):
    table = pd.DataFrame({"mean": 0.5, "size": 2, "value": 3.1}, index=words, dtype=float)
    figure = plot_word_effects(table, ordered, None)
    assert ("answer" in figure.axes[0].get_ylabel()) is not ordered
    assert title(figure)
    assert texts_of(figure) == words[:1]


def test_the_words_that_are_farthest_from_the_line_have_their_names():
    table = pd.DataFrame({"value": [-3, -1, 1, 2, 3.0], "mean": [-0.6, -0.2, 0.2, -2, 0.6]})
    table = table.assign(size=2).set_index(pd.Index(["awful", "bad", "good", "helpful", "best"]))
    assert find_odd_words(table, 1) == ["helpful"]
    figure = plot_word_effects(table, True, 0.5)
    assert "helpful" in texts_of(figure)
    assert "helpful (value +2.0) by -2.00" in figure.get_label()
    assert title(figure)


def test_the_sort_with_the_most_disagreement_is_in_the_title():
    shares = {"no listed word": 0.1, "the word not": 0.4}
    assert title(plot_disagreement(shares, {"the word not": 0.2, "unknown": 1})).endswith(
        "not (40%)"
    )
    assert title(plot_disagreement(shares, {})).endswith("not (40%)")


def test_the_better_fit_is_named_over_each_panel():
    scores = np.linspace(-1, 1, 200)
    felt = scores + np.random.default_rng(0).normal(0, 0.5, 200)
    figure = plot_steps_and_slope(scores, {"a rule": scores > 0.3, "a reader": felt > 0.3})
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles == ["A rule: a step fits better", "A reader: a slope fits better"]
    assert title(figure) == ""


def test_listed_words_are_counted_in_the_title_and_have_their_value():
    figure = plot_listed_words("No tea, GOOD! " + "tea " * 40, {"no": -1.2, "good": 1.9}, 0.5)
    assert {"-1.2", "+1.9"} <= set(texts_of(figure))
    assert "No -1.2, GOOD +1.9" in figure.get_label()
    assert title(figure) == "The listed values add up to +0.7; the score is +0.50"
