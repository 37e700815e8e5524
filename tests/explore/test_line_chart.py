"""A small chart of lines: axes that can be read whatever the values are."""

import re

import numpy as np
import pytest

from tweetsent_utils.explore.line_chart import Line, draw_lines


@pytest.mark.parametrize("height", [0.25, 0.0, -3.0, 2e-5])
def test_a_line_that_stays_where_it_is_has_an_axis_of_different_numbers(height):
    line = Line("still", np.array([[0, height], [1, height]]), "black")
    svg = draw_lines("score", "step", (0, 1), [line])
    numbers = re.findall(r'text-anchor="end">([^<]+)<', svg)
    assert len(set(numbers)) == len(numbers) > 1


def test_points_that_are_no_numbers_are_left_out():
    line = Line("loss", np.array([[0, 1.0], [1, np.nan], [2, np.inf], [3, 2.0]]), "black")
    svg = draw_lines("loss", "step", (0, 3), [line])
    assert "nan" not in svg
    assert "inf" not in svg
    assert "from 1 to 2" in svg


def test_names_are_escaped_and_only_a_line_with_a_pick_can_be_picked():
    points = np.array([[0, 1.0], [1, 2.0]])
    lines = [Line("<b>", points, "black"), Line("other", points, "black", pick="line 1")]
    svg = draw_lines("<i>", "step", (0, 1), lines)
    assert "<b>" not in svg
    assert "<i>" not in svg
    assert svg.count("data-pick") == 1
