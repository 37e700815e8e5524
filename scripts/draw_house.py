"""Draw the package as the road of the data, from its own imports: `make house`.

    python scripts/draw_house.py

Each room is a folder of `tweetsent_utils`, with its modules; the arrows between rooms are the
imports of today. The picture goes to `docs/house.png`.
"""

from itertools import pairwise
from pathlib import Path
from textwrap import wrap

import grimp
import matplotlib

matplotlib.use("agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.show.style import use_style

PACKAGE = "tweetsent_utils"
TARGET = PROJECT_ROOT / "docs" / "house.png"
ROAD = {
    "data": "CSV → tokens → batch",
    "model": "batch → logits",
    "training": "logits → weights",
    "evaluation": "weights → claims",
    "show": "claims → figures",
    "export": "weights → ONNX",
    "scoring": "texts → answers",
    "explore": "figures → play",
    "pipeline": "notebooks → runs",
}
WIDTH = 8.0  # of the figure, in inches; all that follows is in inches too
IMPORTS = 1.5  # the margin in which the arrows of the imports have their place
NAMES, LINE, PADDING, GAP = 1.5, 0.19, 0.12, 0.24  # of a room: its name's column, a line, the rest
LETTERS = 74  # of modules in a line
WALL = "#444444"
QUIET = "#777777"


def modules_of(room: str) -> list[str]:
    """Return the names of a room's modules."""
    files = sorted((PROJECT_ROOT / PACKAGE / room).glob("*.py"))
    return [path.stem for path in files if path.stem != "__init__"]


def lines_of(room: str) -> list[str]:
    """Return the names of a room's modules, in lines."""
    return wrap(",  ".join(modules_of(room)), LETTERS)


def place_rooms() -> dict[str, tuple[float, float]]:
    """Return the top and the bottom of each room, the first at 0 and the others below it."""
    places, top = {}, 0.0
    for room in ROAD:
        bottom = top - 2 * PADDING - LINE * max(2, len(lines_of(room)))
        places[room] = (top, bottom)
        top = bottom - GAP
    return places


def room_imports() -> dict[tuple[str, str], int]:
    """Return how many imports lead from each room to each other room."""
    graph = grimp.build_graph(PACKAGE)
    counts: dict[tuple[str, str], int] = {}
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            rooms = (room_of(module), room_of(imported))
            if rooms[0] != rooms[1] and set(rooms) <= set(ROAD):
                counts[rooms] = counts.get(rooms, 0) + 1
    return counts


def room_of(module: str) -> str:
    """Return the room that a module is in: the part of its name after the package's."""
    return module.split(".")[1] if "." in module else ""


def draw_room(axis: Axes, room: str, top: float, bottom: float) -> None:
    """Draw a room with its name, what happens there, and its modules."""
    box = FancyBboxPatch(
        (IMPORTS, bottom),
        WIDTH - IMPORTS,
        top - bottom,
        boxstyle="round,pad=0,rounding_size=0.06",
        facecolor="white",
        edgecolor=WALL,
        linewidth=1.5,
    )
    axis.add_patch(box)
    left, first = IMPORTS + PADDING, top - PADDING
    axis.text(left, first, room, va="top", weight="bold")
    axis.text(left, first - LINE, ROAD[room], va="top", fontsize=8, color=QUIET)
    names = "\n".join(lines_of(room))
    axis.text(left + NAMES, first, names, va="top", fontsize=9, linespacing=1.35)


def draw_road(axis: Axes, places: dict[str, tuple[float, float]]) -> None:
    """Draw the way of the data from room to room; the pipeline is a wing of its own."""
    rooms = list(places)[:-1]
    for room, following in pairwise(rooms):
        style = {"arrowstyle": "simple", "color": WALL}
        ends = (places[following][0], places[room][1])
        axis.annotate("", *((IMPORTS + NAMES / 2, end) for end in ends), arrowprops=style)


def draw_imports(
    axis: Axes,
    places: dict[str, tuple[float, float]],
    counts: dict[tuple[str, str], int],
) -> None:
    """Draw an arrow from each room to each room that it imports from, left of the rooms."""
    middles = {room: sum(ends) / 2 for room, ends in places.items()}
    longest = max(middles.values()) - min(middles.values())
    for (importer, imported), count in counts.items():
        start, end = middles[importer], middles[imported]
        # An arc whose bend is as deep as the margin for the longest way, and less for the others.
        bend = -2 * IMPORTS * 0.9 / longest * (1 if end > start else -1)
        style = {
            "arrowstyle": "-|>",
            "connectionstyle": f"arc3,rad={bend}",
            "color": QUIET,
            "linewidth": 0.6 + 0.1 * count,
        }
        axis.annotate("", (IMPORTS - 0.03, end), (IMPORTS - 0.03, start), arrowprops=style)


def draw_house(target: Path) -> None:
    """Draw all rooms and the imports between them."""
    use_style()
    places = place_rooms()
    bottom = min(low for _, low in places.values()) - 0.75
    figure = plt.figure(figsize=(WIDTH, 0.5 - bottom), layout="none")
    axis = figure.add_axes((0, 0, 1, 1))
    for room, (high, low) in places.items():
        draw_room(axis, room, high, low)
    draw_road(axis, places)
    draw_imports(axis, places, room_imports())
    axis.set(xlim=(-0.1, WIDTH + 0.1), ylim=(bottom, 0.5))
    axis.axis("off")
    title = "The road of the data is the order of the rooms"
    axis.text(IMPORTS, 0.2, title, weight="bold")
    caption = "left: who imports from whom, always back along the road"
    below = f"{caption}\nunder all rooms: {foundations()}"
    axis.text(IMPORTS, bottom + 0.1, below, fontsize=9, color=QUIET, linespacing=1.35)
    target.parent.mkdir(exist_ok=True)
    figure.savefig(target, dpi=150, metadata={"Software": None})
    plt.close(figure)
    print(f"written: {target.relative_to(PROJECT_ROOT)}")


def foundations() -> str:
    """Return the names of the modules that are in no room."""
    files = sorted((PROJECT_ROOT / PACKAGE).glob("[a-z]*.py"))
    return ", ".join(path.stem for path in files)


if __name__ == "__main__":
    draw_house(TARGET)
