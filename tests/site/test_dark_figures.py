"""Figures in the dark: paper becomes the page, letters light, and hues stay."""

import colorsys

import pytest

pytest.importorskip("sphinx", reason="pip install -r requirements-site.txt")

import dark_figures
from PIL import Image


def luminance(color):
    """Relative luminance, as WCAG 2 defines it."""
    red, green, blue = (dark_figures.linear(part / 255) for part in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_paper_is_the_page_and_ink_can_be_read_on_it():
    paper = dark_figures.darken((255, 255, 255))
    assert paper == dark_figures.PAPER
    assert contrast(dark_figures.darken((0, 0, 0)), paper) > 12


@pytest.mark.parametrize("color", [(166, 54, 3), (241, 161, 104), (116, 173, 209), (31, 78, 140)])
def test_a_colour_keeps_its_hue(color):
    before, after = (
        colorsys.rgb_to_hsv(*(part / 255 for part in shown))[0]
        for shown in (color, dark_figures.darken(color))
    )
    assert abs(before - after) < 0.06


def test_a_figure_keeps_its_size_and_its_shapes(tmp_path):
    image = Image.new("RGB", (4, 2), "white")
    image.putpixel((1, 1), (0, 0, 0))
    image.save(tmp_path / "light.png")
    dark_figures.write_dark(tmp_path / "light.png", tmp_path / "dark.png")
    with Image.open(tmp_path / "dark.png") as dark:
        shown = dark.convert("RGB")
        assert shown.size == (4, 2)
        assert shown.getpixel((0, 0)) == dark_figures.PAPER
        assert shown.getpixel((1, 1)) == dark_figures.darken((0, 0, 0))
