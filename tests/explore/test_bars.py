"""Bars of probabilities."""

import re

import numpy as np

from tweetsent_utils.explore.bars import probability_bars


def test_bars_are_as_long_as_the_probabilities_and_marks_are_where_they_were():
    html = probability_bars(np.array([0.25, 0.75]), ["a", "<b>"], True, np.array([0.5, 0.5]))
    assert re.findall(r"width:([\d.]+)%", html) == ["25.0", "75.0"]
    assert re.findall(r"left:([\d.]+)%", html) == ["50.0", "50.0"]
    assert "&lt;b&gt;" in html
    assert "+0.25" in html
    assert "\N{MINUS SIGN}0.25" in html


def test_of_many_classes_the_likeliest_are_shown_and_the_others_counted():
    probabilities = np.full(40, 0.5 / 39)
    probabilities[30] = 0.5
    html = probability_bars(probabilities, [f"c{rank}" for rank in range(40)], False)
    assert html.count("<tr") == 13
    assert "c30" in html
    assert "28 others" in html
    assert "0.36" in html  # 28 times 0.5 / 39


def test_the_class_that_is_asked_for_has_a_bar_however_unlikely():
    probabilities = np.full(40, 0.02)
    probabilities[39] = 0.01
    html = probability_bars(probabilities, [f"c{rank}" for rank in range(40)], False, always=39)
    assert "c39<" in html
