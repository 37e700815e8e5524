"""Thresholds along a score: what they give of the labels, counted by hand and by brute force."""

import itertools

import numpy as np
import pytest

from tweetsent_utils.explore import cut_sliders, live_html
from tweetsent_utils.explore.cut_sliders import GRID, MovableCuts, make_panel, slide_cuts

NAMES = ["low", "<b>$x$", "high"]
SCORES = np.array([-1, -0.6, -0.6, -0.2, 0, 0.3, 0.6, 0.61, 1])
LABELS = np.array([0, 0, 1, 1, 1, 1, 1, 2, 2])


def make_cuts(ordered: bool = True) -> MovableCuts:
    return MovableCuts(SCORES, LABELS, NAMES, ordered)


def test_a_score_on_a_threshold_is_below_it():
    cuts = make_cuts()
    cuts.set_values([-0.6, 0.6])
    assert cuts.count_right(cuts.places).tolist() == [2, 4, 2]
    cuts.move(0, -0.61)
    assert cuts.count_right(cuts.places).tolist() == [1, 5, 2]
    assert cuts.share_right(cuts.places) == pytest.approx(8 / 9)


def test_a_threshold_does_not_pass_its_neighbours():
    cuts = make_cuts()
    cuts.set_values([-0.5, 0.5])
    assert cuts.move(0, 0.7) == 0.5
    assert cuts.move(1, -0.7) == 0.5
    assert cuts.move(0, -1) == -1
    assert cuts.move(1, 1) == 1


@pytest.mark.parametrize("ordered", [True, False])
def test_the_best_thresholds_are_those_of_all_that_can_be_tried(ordered):
    random = np.random.default_rng(0)
    for _ in range(3):
        scores = random.choice(np.linspace(-1, 1, 11).round(1), 60)
        labels = random.integers(0, 3, 60)
        cuts = MovableCuts(scores, labels, NAMES, ordered)
        every_tenth = range(0, len(GRID), 10)
        tried = itertools.combinations_with_replacement(every_tenth, 2)
        assert cuts.best_share == max(cuts.share_right(places) for places in tried)
        assert cuts.best == sorted(cuts.best)


def test_a_best_threshold_is_in_the_middle_of_its_gap():
    cuts = MovableCuts(np.array([-0.4, 0.2]), np.array([0, 1]), ["a", "b"], ordered=False)
    assert cuts.values == [pytest.approx(-0.11)]
    assert cuts.best_share == 1


def test_without_an_order_a_stretch_answers_with_its_most_frequent_class():
    scores, labels = np.array([-0.5, 0.5, 0.6]), np.array([1, 0, 0])
    cuts = MovableCuts(scores, labels, ["a", "b"], ordered=False)
    assert cuts.best_share == 1
    assert MovableCuts(scores, labels, ["a", "b"], ordered=True).best_share < 1


def test_wrong_answers_are_counted_where_they_are():
    cuts = make_cuts()
    cuts.set_values([-0.6, 0.6])
    assert cuts.count_wrong().sum() == 1
    assert cuts.count_wrong()[1, GRID.tolist().index(-0.6) - 1] == 1


@pytest.mark.parametrize("classes", [1, 2, 40])
@pytest.mark.parametrize("rows", [0, 1, 50])
@pytest.mark.parametrize("ordered", [True, False])
def test_any_number_of_classes_and_rows_has_a_picture(classes, rows, ordered):
    random = np.random.default_rng(0)
    scores, labels = random.uniform(-1, 1, rows), random.integers(0, classes, rows)
    names = [f"class {number}" for number in range(classes)]
    html = MovableCuts(scores, labels, names, ordered).html()
    assert "<svg" in html and "nan" not in html


def test_the_panel_moves_thresholds_and_stops_at_neighbours():
    scores, labels = np.linspace(-1, 1, 500), np.repeat(range(5), 100)
    panel = make_panel(MovableCuts(scores, labels, list("abcde"), ordered=True))
    *sliders, buttons, page = panel.children
    assert [slider.step for slider in sliders] == [0.01] * 4
    assert [slider.value for slider in sliders] == pytest.approx([-0.6, -0.2, 0.2, 0.6])
    best, rounded = buttons.children
    rounded.click()
    assert [slider.value for slider in sliders] == [-0.6, -0.05, 0.05, 0.6]
    assert "as good as can be" not in page.html
    sliders[0].value = 0.5
    assert sliders[0].value == -0.05
    best.click()
    assert "as good as can be" in page.html


def test_class_names_stay_text():
    assert "<b>$x$" not in make_cuts().html()


def test_where_nobody_plays_there_is_a_picture(monkeypatch):
    shown = []
    monkeypatch.setattr(live_html, "display", lambda data, raw: shown.append(data))
    monkeypatch.setattr(cut_sliders, "make_panel", lambda cuts: pytest.fail("a widget"))
    slide_cuts(SCORES, LABELS, NAMES)
    (data,) = shown
    assert "<svg" in data["text/html"]
