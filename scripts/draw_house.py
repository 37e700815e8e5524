"""Draw the package as the road of the data, from its own imports: `make house`.

    python scripts/draw_house.py

Each room is a folder of `tweetsent_utils`, with its modules; the arrows between rooms are the
imports of today. The picture goes to `docs/house.png`.
"""

from pathlib import Path

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
WIDTH, GAP = 1.0, 0.42
HEAD, ROW = 0.68, 0.135  # the height of a room's name, and of each of its modules
INCHES = 1.3  # a unit of height
WALL = "#444444"
QUIET = "#777777"


def modules_of(room: str) -> list[str]:
    """Return the names of a room's modules."""
    files = sorted((PROJECT_ROOT / PACKAGE / room).glob("*.py"))
    return [path.stem for path in files if path.stem != "__init__"]


def height_of_rooms() -> float:
    """Return the height of all rooms, in which the modules of the fullest one have their place."""
    return HEAD + ROW * max(len(modules_of(room)) for room in ROAD)


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


def draw_room(axis: Axes, place: int, room: str, height: float) -> None:
    """Draw a room with its name, what happens there, and its modules."""
    left = place * (WIDTH + GAP)
    box = FancyBboxPatch(
        (left, 0),
        WIDTH,
        height,
        boxstyle="round,pad=0.04",
        facecolor="white",
        edgecolor=WALL,
        linewidth=1.8,
    )
    axis.add_patch(box)
    middle = left + WIDTH / 2
    axis.text(middle, height - 0.06, room, ha="center", va="top", weight="bold")
    axis.text(middle, height - 0.3, ROAD[room], ha="center", va="top", fontsize=8, color=QUIET)
    names = "\n".join(modules_of(room))
    axis.text(middle, height - 0.58, names, ha="center", va="top", fontsize=9, linespacing=1.35)


def draw_road(axis: Axes, height: float) -> None:
    """Draw the way of the data from room to room; the pipeline is a wing of its own."""
    for place in range(len(ROAD) - 2):
        start = place * (WIDTH + GAP) + WIDTH + 0.06
        end = start + GAP - 0.12
        style = {"arrowstyle": "simple", "color": WALL}
        axis.annotate("", (end, height / 2), (start, height / 2), arrowprops=style)


def draw_imports(axis: Axes, counts: dict[tuple[str, str], int]) -> None:
    """Draw an arrow from each room to each room that it imports from, below the rooms."""
    rooms = list(ROAD)
    for (importer, imported), count in counts.items():
        start, end = (
            rooms.index(room) * (WIDTH + GAP) + WIDTH / 2 for room in (importer, imported)
        )
        bend = -0.16 if start > end else 0.16
        style = {
            "arrowstyle": "-|>",
            "connectionstyle": f"arc3,rad={bend}",
            "color": QUIET,
            "linewidth": 0.6 + 0.15 * count,
        }
        axis.annotate("", (end, -0.06), (start, -0.06), arrowprops=style)


def draw_house(target: Path) -> None:
    """Draw all rooms and the imports between them."""
    use_style()
    height = height_of_rooms()
    figure, axis = plt.subplots(figsize=(1.58 * len(ROAD), INCHES * (height + 1.15)))
    for place, room in enumerate(ROAD):
        draw_room(axis, place, room, height)
    draw_road(axis, height)
    draw_imports(axis, room_imports())
    length = len(ROAD) * (WIDTH + GAP) - GAP
    axis.set(xlim=(-0.1, length + 0.1), ylim=(-1.0, height + 0.15))
    caption = "below: who imports from whom, always back along the road; under all rooms"
    axis.text(
        length / 2,
        -0.95,
        f"{caption}: {foundations()}",
        ha="center",
        fontsize=9,
        color=QUIET,
    )
    axis.axis("off")
    axis.set_title("The road of the data is the order of the rooms")
    target.parent.mkdir(exist_ok=True)
    figure.savefig(target, dpi=130, metadata={"Software": None})
    plt.close(figure)
    print(f"written: {target.relative_to(PROJECT_ROOT)}")


def foundations() -> str:
    """Return the names of the modules that are in no room."""
    files = sorted((PROJECT_ROOT / PACKAGE).glob("[a-z]*.py"))
    return ", ".join(path.stem for path in files)


if __name__ == "__main__":
    draw_house(TARGET)
