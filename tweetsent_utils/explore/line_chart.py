"""A small line chart as SVG, whose lines can be picked, in the colours of the page."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

WIDTH, HEIGHT = 312, 220  # of a chart, in pixels where the page has room for it
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 28, 40  # the margins around the lines; left, for 1.2e-05
LEAST_SPREAD = 1e-9
MOST_POINTS = 150  # of a curve: two of them are two pixels apart


class Line(NamedTuple):
    """A line of a chart: points of shape (N, 2), and its look.

    `dashes` are as in SVG's `stroke-dasharray`, "" for a solid line. `pick` is what a page hears if
    somebody clicks on the line; "" for a line that cannot be picked.
    """

    name: str
    points: np.ndarray
    color: str
    dashes: str = ""
    has_dots: bool = False
    width: float = 2.0
    opacity: float = 1.0
    pick: str = ""


def draw_lines(
    title: str, x_label: str, x_limits: tuple[float, float], lines: Sequence[Line]
) -> str:
    """Return a chart of lines as SVG; its title names what goes up, with the unit.

    Points that are not finite are left out. The chart reaches from the lowest point to the highest.
    """
    lines = [line for line in map(keep_finite, lines) if len(line.points)]
    heights = np.concatenate([line.points[:, 1] for line in lines]) if lines else np.array([0, 1])
    low, high = heights.min(), heights.max()
    if low == high:  # else the numbers at the axis would all read the same
        low, high = low - abs(low) / 5 - LEAST_SPREAD, high + abs(high) / 5 + LEAST_SPREAD
    y_ticks = MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high)
    x_ticks = MaxNLocator(5).tick_values(*x_limits)
    x_ticks = x_ticks[(x_ticks >= x_limits[0]) & (x_ticks <= x_limits[1])]
    place = Frame(x_limits, (y_ticks[0], y_ticks[-1]))
    parts = [f'<text x="4" y="16" class="title">{escape(title)}</text>']
    parts += [draw_y_tick(place, value) for value in y_ticks]
    parts += [draw_x_tick(place, value) for value in x_ticks]
    middle = (LEFT + WIDTH - RIGHT) / 2
    label = f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x_label)}</text>'
    parts += [label, *(draw_line(place, line) for line in lines)]
    words = escape(describe_lines(title, lines), quote=True)
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
    return f'<svg class="chart" role="img" aria-label="{words}" {box}>{"".join(parts)}</svg>'


def spread_evenly(count: int) -> np.ndarray:
    """Return which of so many points to draw, evenly: the first and the last are among them."""
    if count <= MOST_POINTS:
        return np.arange(count)
    return np.linspace(0, count - 1, MOST_POINTS).round().astype(int)


def keep_finite(line: Line) -> Line:
    """Return a line without the points that are not finite."""
    return line._replace(points=line.points[np.isfinite(line.points).all(axis=1)])


class Frame(NamedTuple):
    """Where values are in a chart, in pixels from its upper left corner."""

    x_limits: tuple[float, float]
    y_limits: tuple[float, float]

    def x(self, value: float) -> float:
        """Return how far right a value is."""
        low, high = self.x_limits
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Return how far down a value is."""
        low, high = self.y_limits
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)


def draw_y_tick(place: Frame, value: float) -> str:
    """Return a faint line across a chart at a value, and the value to its left."""
    y = place.y(value)
    across = f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{across}<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.4g}</text>'


def draw_x_tick(place: Frame, value: float) -> str:
    """Return a tick below a chart at a value, with the value."""
    x, y = place.x(value), HEIGHT - BOTTOM
    tick = f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + 4}"/>'
    return f'{tick}<text x="{x:.1f}" y="{y + 17}" text-anchor="middle">{value:.4g}</text>'


def draw_line(place: Frame, line: Line) -> str:
    """Return a line of a chart, on which it is easy to click."""
    points = [(place.x(x), place.y(y)) for x, y in line.points]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dots = ""
    if line.has_dots:
        circles = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{line.width + 1.5}"/>' for x, y in points]
        dots = f'<g fill="{line.color}">{"".join(circles)}</g>'
    look = f'stroke="{line.color}" stroke-width="{line.width}" stroke-dasharray="{line.dashes}"'
    pick, broad = "", ""
    if line.pick:
        pick = f' data-pick="{escape(line.pick, quote=True)}"'
        broad = f'<path class="broad" d="{path}"/>'
    return (
        f'<g{pick} opacity="{line.opacity}">'
        f"<title>{escape(line.name)}</title>"
        f'{broad}<path d="{path}" {look}/>{dots}</g>'
    )


def draw_sample(line: Line) -> str:
    """Return a short piece of a line, for a table that says which line is whose."""
    look = f'stroke="{line.color}" stroke-width="{line.width}" stroke-dasharray="{line.dashes}"'
    line_across = f'<path d="M0 5H36" {look}/>'
    return f'<svg class="chart" aria-hidden="true" width="36" height="10">{line_across}</svg>'


def describe_lines(title: str, lines: Sequence[Line]) -> str:
    """Return a chart in words: from where to where each of its lines goes."""
    ways = [
        f"{line.name} from {line.points[0, 1]:.3g} to {line.points[-1, 1]:.3g}" for line in lines
    ]
    return f"{title}: {'; '.join(ways) or 'no line'}"
