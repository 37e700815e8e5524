"""The look of the figures: one style, one colour per class, one line style per split."""

from pathlib import Path

from matplotlib import pyplot as plt
from matplotlib.colors import LinearSegmentedColormap, to_hex

# Inches. With the style's 11 points, a figure's words are still 9 pixels high on a phone.
WIDTH = 5.8

# From the first class through grey to the last: distinct for colour-blind readers, and by
# lightness in print.
CLASS_RAMP = LinearSegmentedColormap.from_list(
    "classes",
    ["#a63603", "#f1a168", "#a6a6a6", "#74add1", "#1f4e8c"],
)
SPLIT_STYLES = {
    "train": {"color": "#222222", "linestyle": "-"},
    "validation": {"color": "#7b3294", "linestyle": "--"},
    "test": {"color": "#1b7837", "linestyle": ":"},
}


def use_style() -> None:
    """Give every later figure of this process the project's look.

    Figures show only where a cell returns them.
    """
    plt.style.use(Path(__file__).with_name("tweetsent.mplstyle"))
    plt.ioff()


def class_colors(classes: int, ordered: bool = True) -> list[str]:
    """Return a colour per class: along a ramp or, without an order, Okabe and Ito's eight in turn.

    >>> class_colors(5)[2]
    '#a6a6a6'
    """
    if ordered:
        steps = max(classes - 1, 1)
        return [to_hex(CLASS_RAMP(rank / steps)) for rank in range(classes)]
    colors = plt.color_sequences["okabe_ito"][1:] + plt.color_sequences["okabe_ito"][:1]
    return [to_hex(colors[rank % len(colors)]) for rank in range(classes)]
