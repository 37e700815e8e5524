"""Thresholds to slide along a word list's score, for notebook 5: how well they give the labels."""

from collections.abc import Sequence
from html import escape

import numpy as np
from ipywidgets import Button, FloatSlider, HBox, Layout, VBox, Widget
from matplotlib.ticker import MaxNLocator

from tweetsent_utils.explore.bars import bar
from tweetsent_utils.explore.foreign_text import shorten
from tweetsent_utils.explore.live_html import LiveHTML, display_live
from tweetsent_utils.show.style import class_colors

STEPS = 100  # of a threshold, between two whole scores
GRID = np.arange(-STEPS, STEPS + 1) / STEPS  # where a threshold may be
CELLS_IN_A_BAR = 2  # a bar of the histogram is 0.02 wide
ROUND_CUTS = (-0.6, -0.05, 0.05, 0.6)
MOST_CLASSES = 12  # that have sliders
NAME_CHARACTERS = 30
WIDTH, HEIGHT = 640, 262  # of the histogram, in pixels where the page has room for it
LEFT, RIGHT, TOP, BOTTOM = 50, 12, 46, 62
LABEL_WIDTH, LABEL_HEIGHT, LABEL_ROWS = 40, 14, 2  # of the thresholds' values, above their lines


class MovableCuts:
    """Thresholds that cut N scores, from -1 to 1, into as many stretches as there are classes.

    `labels` are the ranks of the N true classes. Where the classes are `ordered`, the first stretch
    answers with the first class, and so on; else each answers with the class that most of its texts
    have. A score on a threshold belongs below it. Everything is counted once, on a grid of 0.01, so
    that a move costs no look at the rows.
    """

    def __init__(
        self,
        scores: np.ndarray,
        labels: np.ndarray,
        label_names: Sequence[str],
        ordered: bool,
    ) -> None:
        self.names = [shorten(str(name), NAME_CHARACTERS) for name in label_names]
        self.colors = class_colors(len(self.names), ordered)
        self.ordered = ordered
        self.cells = count_cells(np.asarray(scores), np.asarray(labels), len(self.names))
        # How many texts of each class are at or below each place of the grid.
        self.below = np.pad(self.cells.cumsum(axis=1), ((0, 0), (1, 0)))
        self.total = self.below[:, -1]
        self.best = find_best_places(self.below, ordered)
        self.best_share = self.share_right(self.best)
        self.places = list(self.best)

    @property
    def values(self) -> list[float]:
        """The thresholds."""
        return [float(GRID[place]) for place in self.places]

    def move(self, cut: int, value: float) -> float:
        """Move a threshold as near to a value as its neighbours allow; return where it is then."""
        bounds = [0, *self.places, len(GRID) - 1]
        place = round((value + 1) * STEPS)
        self.places[cut] = min(max(place, bounds[cut]), bounds[cut + 2])
        return self.values[cut]

    def set_values(self, values: Sequence[float]) -> None:
        """Move all thresholds at once, to values in ascending order."""
        self.places = [round((value + 1) * STEPS) for value in values]

    def set_best(self) -> None:
        """Move all thresholds to where they give most of the labels."""
        self.places = list(self.best)

    def spread(self) -> None:
        """Move all thresholds to where they cut the scores into stretches of equal width."""
        classes = len(self.names)
        self.set_values(np.linspace(-1, 1, classes + 1)[1:-1])

    def count_stretches(self, places: Sequence[int]) -> np.ndarray:
        """Return how many texts of each class are in each stretch; shape (stretches, classes)."""
        edges = [0, *places, len(GRID) - 1]
        return np.diff(self.below[:, edges], axis=1).T

    def answers(self, counts: np.ndarray) -> np.ndarray:
        """Return the rank of the class that each stretch answers with."""
        return np.arange(len(counts)) if self.ordered else counts.argmax(axis=1)

    def count_right(self, places: Sequence[int]) -> np.ndarray:
        """Return for each class how many of its texts have an answer that is their label."""
        counts = self.count_stretches(places)
        right = np.zeros(len(self.names), dtype=int)
        for stretch, answer in enumerate(self.answers(counts)):
            right[answer] += counts[stretch, answer]
        return right

    def share_right(self, places: Sequence[int]) -> float:
        """Return the share of all labels that the answers repeat."""
        return float(self.count_right(places).sum() / max(self.total.sum(), 1))

    def html(self) -> str:
        """Return the histogram, the share of labels that are right, and that of each class."""
        right, total = self.count_right(self.places).sum(), self.total.sum()
        share = right / max(total, 1)
        points = 100 * (self.best_share - share)
        compared = "as good as can be" if points == 0 else f"{points:.1f} points below the best"
        headline = (
            f"<p data-say><b>{right:,} of {total:,} labels are right: {share:.1%}</b>, "
            f"{compared}</p>"
        )
        return headline + self.histogram() + self.classes_to_html()

    def classes_to_html(self) -> str:
        """Return a row for each class: for which scores it is the answer, and how often right."""
        right = self.count_right(self.places)
        answers = self.answers(self.count_stretches(self.places))
        edges = [-1.0, *self.values, 1.0]
        rows = []
        for rank in range(min(len(self.names), MOST_CLASSES)):
            stretches = [
                f'<span class="whole">{edges[stretch]:.2f} to {edges[stretch + 1]:.2f}</span>'
                for stretch in np.flatnonzero(answers == rank)
                if edges[stretch] < edges[stretch + 1]
            ]
            share = right[rank] / self.total[rank] if self.total[rank] else 0.0
            rows.append(
                f'<tr><th scope="row"><span class="swatch" style="background:{self.colors[rank]}">'
                f"</span> <bdi>{escape(self.names[rank])}</bdi></th>"
                f"<td>{', '.join(stretches) or 'nowhere'}</td>"
                f'<td class="share">{bar(share, self.colors[rank])}</td>'
                f'<td class="whole">{share:.1%} '
                f'<span class="quiet">of {self.total[rank]:,}</span></td></tr>'
            )
        left_out = len(self.names) - len(rows)
        more = f'<p class="quiet">and {left_out} more classes</p>' if left_out else ""
        heads = ("label", "scores that get it", "share of its texts that get it", "")
        head = "".join(f'<th scope="col" class="quiet">{name}</th>' for name in heads)
        return f"<table><tr>{head}</tr>{''.join(rows)}</table>{more}"

    def histogram(self) -> str:
        """Return a histogram of the scores as SVG: stacked by label, wrong answers hatched.

        A bar that would dwarf the others is cut, and its number of texts written next to it.
        """
        classes = len(self.names)
        bars = self.cells.reshape(classes, -1, CELLS_IN_A_BAR).sum(axis=2)
        wrong = self.count_wrong().reshape(classes, -1, CELLS_IN_A_BAR).sum(axis=2)
        heights = bars.sum(axis=0)
        top = choose_top(heights)
        floors = np.vstack([np.zeros(bars.shape[1]), bars.cumsum(axis=0)])
        parts = [HATCHING, *draw_axes(top)]
        hatched = ""
        for rank in range(classes):
            parts.append(f'<path style="fill:{self.colors[rank]}" d="')
            parts.append(draw_bars(floors[rank], floors[rank + 1], top) + '"/>')
            hatched += draw_bars(floors[rank], floors[rank] + wrong[rank], top)
        parts.append(f'<path style="fill:url(#tweetsent-wrong)" d="{hatched}"/>')
        highest = int(heights.argmax())
        if heights[highest] > top:
            x = x_of(GRID[highest * CELLS_IN_A_BAR]) + 10
            parts.append(f'<text x="{x:.0f}" y="{TOP + 12}">{heights[highest]:,} here</text>')
        parts += draw_cuts(self.values)
        parts += self.draw_answers()
        words = f"A histogram of the scores, coloured by label, cut at {format_values(self.values)}"
        box = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
        return f'<svg class="chart" role="img" aria-label="{words}" {box}>{"".join(parts)}</svg>'

    def count_wrong(self) -> np.ndarray:
        """Return how many texts of each class have a wrong answer in each cell of the grid."""
        answers = self.answers(self.count_stretches(self.places))
        stretch_of_cell = np.searchsorted(self.places, np.arange(self.cells.shape[1]), side="right")
        is_right = answers[stretch_of_cell] == np.arange(len(self.names))[:, None]
        return np.where(is_right, 0, self.cells)

    def draw_answers(self) -> list[str]:
        """Return a strip under the axis that has the colour of each stretch's answer."""
        answers = self.answers(self.count_stretches(self.places))
        edges = [x_of(value) for value in (-1.0, *self.values, 1.0)]
        strip = []
        for stretch, answer in enumerate(answers):
            place = f'x="{edges[stretch]:.1f}" width="{edges[stretch + 1] - edges[stretch]:.1f}"'
            rest = f'y="{HEIGHT - BOTTOM + 3}" height="9" fill="{self.colors[answer]}"'
            name = f"<title>{escape(self.names[answer])}</title>"
            strip.append(f"<rect {place} {rest}>{name}</rect>")
        return strip


HATCHING = (
    '<defs><pattern id="tweetsent-wrong" width="5" height="5" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="2.5" height="5" fill="currentColor"/>'
    "</pattern></defs>"
)


def count_cells(scores: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Return how many of N scores each class has in each cell of the grid; (classes, cells).

    A cell holds its upper end, and the first one its lower end too.
    """
    places = np.searchsorted(GRID, scores, side="left")
    cells = np.clip(places - 1, 0, len(GRID) - 2)
    width = len(GRID) - 1
    counts = np.bincount(labels.astype(int) * width + cells, minlength=classes * width)
    return counts.reshape(classes, width)


def find_best_places(below: np.ndarray, ordered: bool) -> list[int]:
    """Return the places of the grid where thresholds give most of the labels, in ascending order.

    `below`, of shape (classes, places), counts the texts at or below each place. The places are
    found stretch by stretch (dynamic programming, as for Fisher's natural breaks of 1958): for each
    end of the stretches so far, the best beginning of the last one. Where several places are
    equally good, since no score falls between them, a threshold goes to the middle one.
    """
    classes, places = below.shape
    is_forward = np.tril(np.ones((places, places), dtype=bool)).T  # from a beginning to an end
    best = np.where(np.arange(places) == 0, 0.0, -np.inf)
    right_by_class = below[:, None, :] - below[:, :, None]  # by class, beginning and end
    beginnings = []
    for stretch in range(classes):
        right = right_by_class[stretch] if ordered else right_by_class.max(axis=0)
        reached = np.where(is_forward, best[:, None] + right, -np.inf)
        beginnings.append(reached.argmax(axis=0))
        best = reached.max(axis=0)
    found, end = [], places - 1
    for stretch in range(classes - 1, 0, -1):
        end = int(beginnings[stretch][end])
        found.append(end)
    return [middle_of_equals(below, place) for place in reversed(found)]


def middle_of_equals(below: np.ndarray, place: int) -> int:
    """Return the middle one of the places that have the same texts below them as a place."""
    equals = np.flatnonzero((below == below[:, [place]]).all(axis=0))
    return int(equals[(len(equals) - 1) // 2])


def choose_top(heights: np.ndarray) -> float:
    """Return the number of texts that the axis reaches, unless one bar dwarfs the others."""
    second, highest = np.sort(heights)[-2:]
    if second == 0 or highest < 2 * second:
        return max(float(highest), 1.0)
    return 1.25 * float(second)


def x_of(score: float) -> float:
    """Return how far right a score is, in pixels."""
    return LEFT + (score + 1) / 2 * (WIDTH - LEFT - RIGHT)


def y_of(count: float, top: float) -> float:
    """Return how far down a number of texts is, in pixels; what is above the top is cut there."""
    return HEIGHT - BOTTOM - min(count / top, 1) * (HEIGHT - TOP - BOTTOM)


def draw_bars(floors: np.ndarray, ceilings: np.ndarray, top: float) -> str:
    """Return bars as the path of an SVG; those of no height are left out."""
    path = ""
    width = x_of(GRID[CELLS_IN_A_BAR]) - x_of(GRID[0])
    for place, (floor, ceiling) in enumerate(zip(floors, ceilings, strict=True)):
        low, high = y_of(floor, top), y_of(ceiling, top)
        if low > high:
            x = x_of(GRID[place * CELLS_IN_A_BAR])
            path += f"M{x:.1f} {low:.1f}V{high:.1f}h{width:.1f}V{low:.1f}z"
    return path


def draw_axes(top: float) -> list[str]:
    """Return the axes of the histogram, with their ticks and names."""
    floor, middle = HEIGHT - BOTTOM, (LEFT + WIDTH - RIGHT) / 2
    parts = []
    for count in MaxNLocator(4, integer=True).tick_values(0, top):
        if 0 <= count <= top:
            y = y_of(count, top)
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
            label = f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{count:,.0f}</text>'
            parts.append(label)
    for score in (-1, -0.5, 0, 0.5, 1):
        x = x_of(score)
        parts.append(f'<text x="{x:.1f}" y="{floor + 28}" text-anchor="middle">{score}</text>')
    name = "score of a text by the word list"
    parts.append(f'<text x="{middle}" y="{HEIGHT - 12}" text-anchor="middle">{name}</text>')
    parts.append(f'<text x="4" y="{TOP - 10}">texts</text>')
    return parts


def draw_cuts(values: Sequence[float]) -> list[str]:
    """Return thresholds as lines, each with its value above it in the first row that has room."""
    parts = []
    last_in_row = [-WIDTH] * LABEL_ROWS
    for value in sorted(set(values)):
        x = x_of(value)
        row = next((row for row, last in enumerate(last_in_row) if x - last > LABEL_WIDTH), None)
        y = TOP - 6
        if row is not None:
            last_in_row[row] = x
            y -= LABEL_HEIGHT * row
            label = f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{value:.2f}</text>'
            parts.append(label)
        ends = f'y1="{y + 4}" y2="{HEIGHT - BOTTOM + 12}"'
        parts.append(f'<line class="cut" x1="{x:.1f}" x2="{x:.1f}" {ends}/>')
    return parts


def format_values(values: Sequence[float]) -> str:
    """Return thresholds in words."""
    return ", ".join(f"{value:.2f}" for value in values) or "no score"


def make_panel(cuts: MovableCuts) -> Widget:
    """Return sliders for the thresholds, and buttons for all of them, below what they do.

    They start evenly spread, so that whoever slides them has something to find.
    """
    cuts.spread()
    page = LiveHTML(label="the scores and their labels", html=cuts.html())
    names = [f"{name} up to" for name in cuts.names]
    sliders = [
        FloatSlider(
            description=names[number] if cuts.ordered else f"threshold {number + 1}",
            min=-1,
            max=1,
            step=1 / STEPS,
            value=value,
            style={"description_width": "14em"},
            layout=Layout(width="auto", max_width="46em"),
        )
        for number, value in enumerate(cuts.values)
    ]

    def show() -> None:
        for slider, value in zip(sliders, cuts.values, strict=True):
            # Not for a rounding error: a slider that is written to forgets what was pressed since.
            if not np.isclose(slider.value, value):
                slider.value = value
        page.html = cuts.html()

    def move(number: int, value: float) -> None:
        if not np.isclose(value, cuts.values[number]):
            cuts.move(number, value)
            show()

    for number, slider in enumerate(sliders):
        slider.observe(lambda change, number=number: move(number, change["new"]), "value")

    best = Button(description="best thresholds", tooltip="as many labels as can be")
    rounded = Button(
        description=", ".join(f"{value:g}" for value in ROUND_CUTS),
        tooltip="the four round numbers",
    )

    def show_best(button: Button) -> None:
        cuts.set_best()
        show()

    def show_rounded(button: Button) -> None:
        cuts.set_values(ROUND_CUTS)
        show()

    best.on_click(show_best)
    rounded.on_click(show_rounded)
    buttons = [best, rounded] if cuts.ordered and len(sliders) == len(ROUND_CUTS) else [best]
    for button in buttons:
        button.layout = Layout(width="auto")
    return VBox([*sliders, HBox(buttons, layout=Layout(flex_flow="row wrap")), page])


def slide_cuts(
    scores: np.ndarray,
    labels: np.ndarray,
    label_names: Sequence[str],
    ordered: bool = True,
) -> None:
    """Show thresholds to slide along N scores, and how many of the N labels they give.

    `scores` are from -1 to 1, `labels` are ranks in `label_names`. More than twelve classes have no
    sliders, only the picture of the best thresholds.
    """
    cuts = MovableCuts(scores, labels, label_names, ordered)
    if len(cuts.names) <= MOST_CLASSES:
        display_live(lambda: make_panel(cuts), cuts.html())
        return
    reason = f"<p>{len(cuts.names)} classes are too many for sliders.</p>{cuts.html()}"
    display_live(lambda: LiveHTML(label="the best thresholds", html=reason), reason)
