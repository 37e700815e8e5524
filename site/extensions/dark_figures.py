"""Figures for a phone and for a dark page.

On a narrow screen a figure shrinks until its letters are as small as one can read, and then it
scrolls. For the dark theme, each PNG gets a second one in the theme's colours.

White paper becomes the page, black letters become light, and each colour keeps its hue and its
strength, so that orange stays orange. It's done in OKLab (Björn Ottosson, 2020), whose lightness is
what an eye sees; a filter of CSS, which turns red, green and blue about, would make yellow mud of a
light orange. The figures have 256 colours, so only their palettes change: a millisecond each.
"""

from pathlib import Path
from typing import Any

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

PAPER = (20, 24, 30)  # what white becomes, the background of the dark theme
INK = 0.93  # OKLab's lightness of what black becomes
EMPHASIS = (
    0.8  # below 1: pale lines and dots stand out from a dark page as they do from a white one
)

DRAWN = 1087  # dots, the width of a figure by tweetsent_utils.show: its letters need 342 pixels
LEAST_WIDTH = 342
SIZES = {"small": LEAST_WIDTH, "wide": 675, "widest": 10_000}  # classes of site.css
SCROLLING = '<span class="scrolling-picture" tabindex="0">'


def least_width(dots: int) -> int:
    """Return the least width in pixels at which a picture's letters are 9 pixels high.

    Older and wider drawings have smaller letters.
    """
    return LEAST_WIDTH if dots <= DRAWN else round(0.6 * dots)


def write_dark(source: Path, target: Path) -> None:
    """Write a PNG in the colours of the dark theme."""
    with Image.open(source) as image:
        picture = image if image.mode == "P" else image.convert("RGB").quantize(256)
        palette = picture.getpalette() or []
    colors = [tuple(palette[start : start + 3]) for start in range(0, len(palette), 3)]
    picture.putpalette([part for color in colors for part in darken(color)])
    target.parent.mkdir(parents=True, exist_ok=True)
    picture.save(target, "PNG", optimize=True)


def darken(color: tuple[int, ...]) -> tuple[int, ...]:
    """Return the color, as red, green and blue up to 255, that a color has on a dark page.

    >>> darken((255, 255, 255)), darken((0, 0, 0))
    ((20, 24, 30), (232, 232, 232))
    """
    lightness, green_red, blue_yellow = to_oklab(color)
    paper, *tint = to_oklab(PAPER)
    return from_oklab(
        paper + (INK - paper) * max(1 - lightness, 0) ** EMPHASIS,
        green_red + lightness * tint[0],
        blue_yellow + lightness * tint[1],
    )


def to_oklab(color: tuple[int, ...]) -> tuple[float, float, float]:
    """Return a color in OKLab."""
    red, green, blue = (linear(part / 255) for part in color)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def from_oklab(lightness: float, green_red: float, blue_yellow: float) -> tuple[int, ...]:
    """Return a color of OKLab as red, green and blue up to 255, the nearest that a screen has."""
    long = (lightness + 0.3963377774 * green_red + 0.2158037573 * blue_yellow) ** 3
    medium = (lightness - 0.1055613458 * green_red - 0.0638541728 * blue_yellow) ** 3
    short = (lightness - 0.0894841775 * green_red - 1.2914855480 * blue_yellow) ** 3
    parts = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return tuple(round(255 * encoded(min(max(part, 0), 1))) for part in parts)


def linear(part: float) -> float:
    """Return the light of a part of a color of sRGB."""
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def encoded(part: float) -> float:
    """Return the part of a color of sRGB for a light."""
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


class DarkImages(SphinxTransform):
    """Put a dark twin next to each PNG of a page that is written in Markdown."""

    default_priority = 400  # before Sphinx collects the images

    def apply(self, **options: Any) -> None:
        """Add the twins; one is loaded only where it is shown."""
        for image in list(self.document.findall(nodes.image)):
            if not image["uri"].endswith(".png") or "://" in image["uri"]:
                continue
            _, name = self.env.relfn2path(image["uri"], self.env.docname)
            source = Path(name)
            write_dark(source, source.with_suffix(".dark.png"))
            twin = image.deepcopy()
            twin["uri"] = image["uri"].removesuffix(".png") + ".dark.png"
            with Image.open(source) as opened:
                least = least_width(opened.width)
            for picture, theme in ((image, "light-figure"), (twin, "dark-figure")):
                picture["classes"] += ["figure", "dark-light", theme]
                picture["classes"].append(next(size for size in SIZES if least <= SIZES[size]))
                picture["loading"] = "lazy"
            parent, place = image.parent, image.parent.index(image)
            start, end = (nodes.raw("", html, format="html") for html in (SCROLLING, "</span>"))
            parent[place : place + 1] = [start, image, twin, end]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    if not app.tags.has("book"):
        app.add_transform(DarkImages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
