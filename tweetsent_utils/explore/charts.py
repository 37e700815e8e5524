"""Charts of lines and points as SVG, in the colours of the page, light or dark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 480  # in units of the drawing, as all lengths here
SHOWN_WIDTH = 560  # pixels; in a narrow window, the whole chart is smaller
LEFT, RIGHT = 58, 26  # room for the numbers of the vertical axes, and for half of a last one
HEAD, GAP, FOOT = 22, 36, 40  # room above, between panels with a title each, and for the axis
LETTERS = 13

Point = tuple[float, float]


@dataclass
class Panel:
    """One of several charts over the same horizontal axis, with values from 0 up.

    `title` says what it shows, with the unit. Values that are not finite leave a gap. The vertical
    axis ends at `highest`, or else just above the highest value. `number_format` is that of its
    numbers.
    """

    title: str
    height: int
    line: Sequence[Point] = ()
    points: Sequence[Point] = ()
    highest: float = 0.0
    number_format: str = "g"


def draw_panels(panels: Sequence[Panel], last: int, axis: str, words: str) -> str:
    """Return charts, one below the other, as one SVG.

    The horizontal axis, called `axis`, counts from 0 to `last`, which is at least 1. `words` say to
    a screen reader what the charts show.
    """
    parts = []
    top = HEAD
    for panel in panels:
        parts.append(draw_panel(panel, top, last))
        top += panel.height + GAP
    bottom = top - GAP
    whole_numbers = [value for value in round_numbers(last, min(5, last)) if value <= last]
    parts += [write(across(x, last), bottom + 18, f"{x:,.0f}", "middle") for x in whole_numbers]
    parts.append(write((LEFT + WIDTH - RIGHT) / 2, bottom + 35, axis, "middle"))
    size = f'viewBox="0 0 {WIDTH} {bottom + FOOT}" width="{SHOWN_WIDTH}"'
    look = f'font-size="{LETTERS}" fill="currentColor"'
    return f'<svg role="img" aria-label="{escape(words)}" {size} {look}>{"".join(parts)}</svg>'


def draw_panel(panel: Panel, top: float, last: float) -> str:
    """Return one panel, whose area begins `top` pixels from above."""
    values = [y for _, y in [*panel.line, *panel.points] if math.isfinite(y)]
    ticks = round_numbers(panel.highest or max(values, default=0.0), 2 + panel.height // 60)
    parts = [write(LEFT, top - 8, panel.title)]

    def place(point: Point) -> str:
        height = panel.height * (1 - point[1] / ticks[-1])
        return f"{across(point[0], last):.1f},{top + height:.1f}"

    for value in ticks:
        start, end = place((0, value)), place((last, value))
        line = f'<path d="M{start}L{end}" stroke="currentColor" opacity="0.25"/>'
        height = top + panel.height * (1 - value / ticks[-1])
        name = format(value, panel.number_format) if value else "0"
        parts += [line, write(LEFT - 6, height + LETTERS / 3, name, "end")]
    if panel.line:
        path = " ".join(trace([place(point) for point in run]) for run in runs(panel.line))
        look = 'fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"'
        parts.append(f'<path class="curve" d="{path}" {look}/>')
    for point in panel.points:
        if math.isfinite(point[1]):
            x, y = place(point).split(",")
            parts.append(f'<circle class="point" cx="{x}" cy="{y}" r="4.5"/>')
    return "".join(parts)


def across(value: float, last: float) -> float:
    """Return how many pixels from the left a value of the horizontal axis is."""
    return LEFT + (WIDTH - LEFT - RIGHT) * value / last


def runs(points: Sequence[Point]) -> list[list[Point]]:
    """Return the stretches of points between those whose value is not finite."""
    found: list[list[Point]] = [[]]
    for point in points:
        if math.isfinite(point[1]):
            found[-1].append(point)
        elif found[-1]:
            found.append([])
    return [run for run in found if run]


def trace(places: Sequence[str]) -> str:
    """Return the path through places; through one alone, it is a dot."""
    return f"M{places[0]}" + ("L" + " ".join(places[1:]) if places[1:] else "h0")


def write(x: float, y: float, text: str, anchor: str = "start") -> str:
    """Return a text that starts, ends or has its middle at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def round_numbers(highest: float, most: int) -> list[float]:
    """Return round numbers at equal distances from 0 on, the last of them not below `highest`.

    There are at most `most` distances between them.

    >>> round_numbers(1.61, 4)
    [0.0, 0.5, 1.0, 1.5, 2.0]
    >>> round_numbers(0, 4)
    [0.0, 0.5, 1.0]
    """
    if highest <= 0:
        return [0.0, 0.5, 1.0]
    smallest = highest / most
    magnitude = 10.0 ** math.floor(math.log10(smallest))
    enough = smallest * (1 - 1e-9)  # 0.3 / 3 is a little more than 0.1
    distance = next(size * magnitude for size in (1, 2, 5, 10) if size * magnitude >= enough)
    count = math.ceil(highest / distance - 1e-9)
    return [number * distance for number in range(count + 1)]
