"""Colours that stay told apart, in one style."""

import colorsys

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

from tweetsent_utils.plots import SPLIT_STYLES, class_colors, use_style


@pytest.fixture(autouse=True)
def own_style():
    with mpl.rc_context():
        yield
    plt.close("all")


@pytest.mark.parametrize("classes", [1, 2, 3, 5, 7, 40])
def test_there_is_one_colour_per_class_and_no_colour_twice(classes):
    colors = class_colors(classes)
    assert len(colors) == len(set(colors)) == classes


def test_classes_without_an_order_have_colours_without_one():
    colors = class_colors(40, ordered=False)
    assert len(colors) == 40 and len(set(colors[:8])) == 8 and colors[8:16] == colors[:8]
    lightness = [sum(to_rgb(color)) for color in colors[:8]]
    assert lightness != sorted(lightness) and lightness != sorted(lightness, reverse=True)


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


def test_style_is_wide_and_shows_nothing_by_itself():
    use_style()
    figure = plt.figure()
    assert 7 <= figure.get_figwidth() <= 8
    assert not plt.isinteractive()


def test_a_dollar_sign_is_money_and_no_formula(tmp_path):
    use_style()
    figure, axis = plt.subplots()
    axis.set_title("$5 and $x_")
    figure.savefig(tmp_path / "dollars.png")
