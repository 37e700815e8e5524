"""Charts that are whole whatever is drawn: nothing, one point, gaps."""

from xml.etree import ElementTree

import numpy as np
import pytest

from tweetsent_utils.explore.charts import Panel, draw_panels, round_numbers


def parse(panel: Panel, last: int = 10, words: str = "words") -> ElementTree.Element:
    """A chart of one panel, which is well-formed and has no number that a browser cannot read."""
    svg = draw_panels([panel], last, "step", words)
    assert "nan" not in svg
    assert "inf" not in svg
    return ElementTree.fromstring(svg)


def curve(svg: ElementTree.Element) -> str:
    (path,) = svg.findall("path[@class='curve']")
    return path.attrib["d"]


def heights(svg: ElementTree.Element) -> list[float]:
    return [float(point.attrib["cy"]) for point in svg.findall("circle")]


def test_without_points_there_are_axes_and_no_curve():
    svg = parse(Panel("loss", 100))
    assert not svg.findall("path[@class='curve']")
    assert [text.text for text in svg.findall("text")][:2] == ["loss", "0"]


def test_a_curve_of_one_point_is_a_dot():
    assert curve(parse(Panel("loss", 100, line=[(3, 0.5)]))).endswith("h0")


def test_what_is_no_number_leaves_a_gap():
    line = [(1, 1.0), (2, np.nan), (3, np.inf), (4, 2.0), (5, 1.0)]
    drawn = curve(parse(Panel("loss", 100, line=line, points=[(2, np.nan), (5, 1.0)])))
    assert drawn.count("M") == 2
    assert drawn.count(",") == 3


def test_all_values_lie_between_zero_and_the_highest_tick():
    low, middle, high = heights(parse(Panel("score", 100, points=[(0, 0.0), (5, 0.5), (10, 1.0)])))
    assert low - high == pytest.approx(100)
    assert low - middle == pytest.approx(50)


def test_texts_are_escaped():
    svg = parse(Panel("<b>loss</b>", 100), words='"> <script>')
    assert svg.attrib["aria-label"] == '"> <script>'
    assert "<b>loss</b>" in [text.text for text in svg.findall("text")]


def test_the_horizontal_axis_has_whole_steps_only():
    svg = parse(Panel("loss", 100), last=1)
    assert [text.text for text in svg.findall("text")][-3:] == ["0", "1", "step"]


@pytest.mark.parametrize("highest", [1e-7, 3e-4, 0.3, 0.999, 1.0, 7.0, 12_345.0])
def test_ticks_are_few_and_reach_what_is_drawn(highest):
    ticks = round_numbers(highest, 4)
    assert len(ticks) <= 5
    assert ticks[-2] < highest <= ticks[-1] * (1 + 1e-9)
