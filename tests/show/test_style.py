"""Colours that stay apart, in one style."""

from collections.abc import Iterator

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

from tweetsent_utils.show.style import class_colors, use_style


@pytest.fixture
def style() -> Iterator[None]:
    """The project's style, for one test."""
    with mpl.rc_context():
        plt.ion()
        use_style()
        yield
    plt.close("all")


def lightness(color: str) -> float:
    red, green, blue = to_rgb(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("classes", "ordered"), [(1, True), (2, True), (5, True), (40, True), (8, False)]
)
def test_no_two_classes_share_a_colour(classes, ordered):
    colors = class_colors(classes, ordered)
    assert len(colors) == len(set(colors)) == classes


@pytest.mark.parametrize("classes", [2, 5, 40])
def test_an_order_runs_from_warm_to_cool(classes):
    colors = [to_rgb(color) for color in class_colors(classes)]
    differences = [red - blue for red, _, blue in colors]
    assert differences[0] > 0 > differences[-1]


def test_in_print_the_ends_of_an_order_are_darker_than_their_neighbours():
    shades = [lightness(color) for color in class_colors(5)]
    assert shades[0] < shades[1]
    assert shades[4] < shades[3]


def test_more_classes_than_colours_without_an_order_begin_again():
    assert class_colors(40, ordered=False) == 5 * class_colors(8, ordered=False)


def test_figures_show_only_where_a_cell_returns_them(style):
    assert not plt.isinteractive()


def test_a_dollar_sign_is_money_and_not_a_formula(style, tmp_path):
    figure, axis = plt.subplots()
    axis.set_title("$^$")  # as a formula, it is an error
    figure.savefig(tmp_path / "dollars.png")
