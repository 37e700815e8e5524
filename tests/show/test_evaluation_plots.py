"""Figures of a model's quality: what they say, for few rows and many, and for odd sets."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from tweetsent_utils.evaluation.by_class import score_classes
from tweetsent_utils.evaluation.slices import score_slices
from tweetsent_utils.show.evaluation_plots import (
    bootstrap_in_words,
    classes_in_words,
    confusion_in_words,
    contradictions_in_words,
    draw_bootstrap,
    draw_classes,
    draw_confusion,
    draw_contradictions,
    draw_found,
    draw_mistakes,
    draw_reliability,
    draw_slices,
    draw_softmax,
    draw_temperatures,
    found_in_words,
    frequent_mistakes,
    mistakes_in_words,
    reliability_in_words,
    share_by_distance,
    slices_in_words,
    slices_off,
    softmax_in_words,
    temperatures_in_words,
)

NAMES = ["bad", "so so", "good"]
MATRIX = np.array([[6, 2, 0], [1, 3, 0], [1, 0, 7]])


@pytest.fixture(autouse=True)
def no_figure_stays_open(recwarn):
    yield
    for number in plt.get_fignums():
        plt.figure(number).draw_without_rendering()  # the layout may warn, too
    plt.close("all")
    # What Python warns of while it tidies up after other tests may come here as well.
    assert not [found for found in recwarn.list if found.category is not ResourceWarning]


def title(figure: plt.Figure) -> str:
    axis = figure.axes[0]
    return figure.get_suptitle() or axis.get_title(loc="left") or axis.get_title()


def sizes(classes: int) -> tuple[np.ndarray, list[str]]:
    return np.eye(classes, dtype=int) * 3, [f"class {number}" for number in range(classes)]


def test_a_confusion_matrix_reads_every_row_aloud_and_the_hardest_in_its_caption():
    assert "75%" in title(draw_confusion(MATRIX, NAMES))
    alt, caption = confusion_in_words(MATRIX, NAMES)
    assert alt.count("Of 100 texts") == 3
    assert "the model gets 75 right and calls 25 so so" in alt
    assert caption.count("Of 100 texts") == 1 and "bad, the model" in caption


def test_a_matrix_of_many_classes_has_colours_alone_and_a_short_text():
    matrix, names = sizes(40)
    assert not list(draw_confusion(matrix, names, ordered=False).axes[0].texts)
    alt, _ = confusion_in_words(matrix, names, ordered=False)
    assert alt.count("Of 100 texts") == 1


def test_mistakes_of_ordered_classes_have_distances():
    assert share_by_distance(MATRIX).tolist() == [80, 15, 5]
    assert "95%" in title(draw_mistakes(MATRIX, NAMES))
    alt, _ = mistakes_in_words(MATRIX, NAMES)
    assert "95%" in alt and "2 off: 5.0%" in alt


def test_mistakes_of_classes_without_an_order_are_counted_by_pairs():
    pairs = {"bad → so so": 2, "so so → bad": 1, "good → bad": 1}
    assert frequent_mistakes(MATRIX, NAMES) == pairs
    assert "'bad' is taken for 'so so'" in title(draw_mistakes(MATRIX, NAMES, ordered=False))
    alt, caption = mistakes_in_words(MATRIX, NAMES, ordered=False)
    assert "good → bad: 1" in alt
    assert "one class off" not in alt + caption


@pytest.mark.parametrize("ordered", [True, False])
def test_a_model_without_a_mistake_has_figures_too(ordered):
    matrix = np.diag([2, 0, 1])
    draw_mistakes(matrix, NAMES, ordered)
    draw_confusion(matrix, NAMES, ordered)
    assert all(mistakes_in_words(matrix, NAMES, ordered))


@pytest.mark.parametrize(("classes", "ordered"), [(2, False), (5, True), (40, False)])
def test_figures_of_one_tweet_and_of_classes_are_drawn_for_any_number(classes, ordered):
    _, names = sizes(classes)
    logits = np.linspace(-3, 3, classes)
    draw_softmax(logits, names, ordered)
    probabilities = np.exp(logits) / np.exp(logits).sum()
    figure = draw_temperatures(probabilities, names, (0.5, 2), ordered)
    assert len(figure.axes[0].patches) == min(classes, 8)
    last = names[-1]
    assert f"{last}: 3.0 becomes {probabilities[-1]:.0%}" in softmax_in_words(logits, names)[0]
    words, _ = temperatures_in_words(probabilities, names, (0.5, 1))
    assert f"{last}, has " in words and f", {probabilities[-1]:.0%} at 1." in words
    labels = np.arange(classes)
    table = score_classes(labels, np.zeros(classes, dtype=int), labels, names)
    assert title(draw_classes(table, ordered)) == "Lowest recall: class 1, 0%"
    assert "class 1 (texts: 1): precision 0%, recall 0%" in classes_in_words(table)[0]


@pytest.mark.parametrize("rows", [1, 2, 500])
def test_draws_are_shown_for_any_number_of_rows(rows):
    right = np.random.default_rng(0).random(rows) < 0.7
    draws = np.array([np.random.default_rng(seed).choice(right, rows).mean() for seed in range(50)])
    interval = pd.Series({"low": draws.min(), "high": draws.max()})
    figure = draw_bootstrap(draws, rows, right.mean(), interval, 0.75)
    drawn = sum(bar.get_height() for bar in figure.axes[0].patches[:-1])
    assert drawn == 50
    assert f"{draws.max():.1%}" in title(figure)
    assert "validation rows 75.0%" in bootstrap_in_words(right.mean(), interval, 0.75)[0]


@pytest.mark.parametrize("rows", [1, 30, 2000])
def test_reliability_has_a_panel_per_part(rows):
    random = np.random.default_rng(0)
    confidence = random.uniform(0.2, 1, rows)
    answers = {"as trained": (confidence, random.random(rows) < 0.5)}
    answers["calibrated"] = answers["as trained"]
    parts = ["validation", "test"]
    errors = pd.DataFrame({"as trained": 0.1234, "calibrated": 0.04}, index=parts)
    figure = draw_reliability({"validation": answers, "test": answers}, errors)
    assert [axis.get_title(loc="left") or axis.get_title() for axis in figure.axes] == [
        "validation: gap 12 → 4 points",
        "test: gap 12 → 4 points",
    ]
    for axis in figure.axes:
        drawn = np.concatenate([line.get_xydata() for line in axis.lines[1:]])
        assert drawn.min() >= axis.get_xlim()[0] == axis.get_ylim()[0]
    assert reliability_in_words(errors)[0].count("12.3 points") == 2


def test_slices_that_are_off_by_more_than_luck_are_named():
    right = np.array([True] * 50 + [False] * 50)
    slices = {"first": pd.Series(right), "any": pd.Series(np.arange(100) % 2 == 0)}
    sliced = score_slices(slices, right)
    assert slices_off(sliced, 0.5) == ["first"]
    assert title(draw_slices(sliced, 0.5)).endswith("1 of 2 slices")
    alt, caption = slices_in_words(sliced, 0.5)
    assert "first: 100.0% (" in alt and "any: 50.0% (" in alt
    assert caption.endswith("Orange: first.")
    alone = sliced.loc[["any"]]
    assert title(draw_slices(alone, 0.5)).startswith("No slice is off")
    assert "Orange" not in slices_in_words(alone, 0.5)[1]


def test_no_slice_is_said_to_be_none():
    sliced = score_slices({"one": pd.Series([True])}, np.array([True]))
    assert "too few" in title(draw_slices(sliced, 1.0))
    assert all(slices_in_words(sliced, 1.0))


@pytest.mark.parametrize("suspects", [[], [1]])
def test_contradictions_are_counted(suspects):
    labels = np.array([0, 0, 1])
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])
    figure = draw_contradictions(labels, probabilities, np.array(suspects, dtype=int))
    assert title(figure) == f"{len(suspects)} of 3 rows are suspect"
    alt, _ = contradictions_in_words(labels, probabilities, np.array(suspects))
    assert f"likelier: 1. Suspects among them: {len(suspects)}." in alt


def test_what_is_found_is_said_at_the_number_of_planted_labels():
    curves = {"in order": np.array([0, 0.5, 0.5]), "guessing": np.array([0, 0.1, 0.2])}
    assert title(draw_found(curves, 1)) == "1 rows read, 50% of the planted labels found"
    alt, _ = found_in_words(curves, 1)
    assert "After 1 rows, in order: 50.0%; guessing: 10.0%." in alt
    assert "After 2, in order: 50.0%; guessing: 20.0%." in alt
