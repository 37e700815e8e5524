"""Pictures drawn by code where words would describe a shape: tokens of a tweet, padding of batches.

Each function returns a figure whose label says in words what it shows: its alternative text.
"""

import textwrap
from collections.abc import Sequence
from functools import cache

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.patches import FancyBboxPatch
from transformers import PreTrainedTokenizerBase

from tweetsent_utils.show.style import WIDTH

COLUMNS = 66  # letters of a fixed width in a line of the token diagram
LINE = 0.26  # inches from one line to the next
MOST_TOKENS = 40
WORD, PIECE, MARKER = "#dbe9f6", "#f7d9c0", "#e3e3e3"  # a whole word, a piece, a special token
REAL, PADDED = "#1f4e8c", "#e9e9e9"


@cache
def drawable_characters() -> frozenset[int]:
    """Return the characters that matplotlib's own font can draw."""
    return frozenset(get_font(findfont("DejaVu Sans Mono")).get_charmap())


def drawable(text: str) -> str:
    """Return a text with a box for each character that the font lacks, such as an emoji."""
    known = drawable_characters()
    return "".join(letter if ord(letter) in known else "\u25a1" for letter in text)


def draw_tokens(text: str, tokenizer: PreTrainedTokenizerBase) -> Figure:
    """Draw how a text becomes tokens and ids: the text, and below it a box for each token.

    At most 40 tokens are drawn. A token that continues a word, and one that the tokenizer adds,
    have colours of their own.
    """
    input_ids = tokenizer(text, truncation=True)["input_ids"]
    tokens = tokenizer.convert_ids_to_tokens(input_ids)
    special = set(tokenizer.all_special_tokens)
    words = len(text.split())
    counted = "1 word becomes" if words == 1 else f"{words:,} words become"
    title = f"{counted} {len(tokens)} tokens, and each token is a number"
    shown = list(zip(tokens, input_ids, strict=True))[:MOST_TOKENS]
    visible = drawable(" ".join(text.split()))
    lines = textwrap.wrap(visible, COLUMNS - 4)[:6]
    rows = wrap_boxes([max(len(token), len(str(number))) + 1.4 for token, number in shown])

    height = 2.2 + 1.1 * len(lines) + 2.9 * (rows[-1][0] + 1) + 1.4
    figure = plt.figure(figsize=(WIDTH, LINE * height), layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, COLUMNS), ylim=(height, 0))
    axes.axis("off")
    axes.text(0.5, 0.9, title, fontsize=12, va="center")
    for number, line in enumerate(lines):
        axes.text(1.2, 2.4 + 1.1 * number, line, fontsize=11, va="center", family="monospace")
    top = 2.2 + 1.1 * len(lines)
    arrow = {"arrowstyle": "->", "color": "#666666", "lw": 1.5}
    axes.annotate("", (2, top + 1.0), (2, top - 0.1), arrowprops=arrow)
    axes.text(3.2, top + 0.45, "the tokenizer", fontsize=11, va="center", color="#666666")
    for (token, number), (row, left) in zip(shown, rows, strict=True):
        color = MARKER if token in special else PIECE if token.startswith("##") else WORD
        width = max(len(token), len(str(number))) + 1.4
        draw_token(axes, drawable(token), number, left + 0.5, top + 1.3 + 2.9 * row, width, color)
    pairs = ", ".join(f"{token} {number}" for token, number in shown)
    figure.set_label(f"Boxes in reading order. {title}. The text: {visible[:400]} Tokens: {pairs}.")
    return figure


def wrap_boxes(widths: Sequence[float]) -> list[tuple[int, float]]:
    """Return the row and the left edge of boxes of some widths, set in lines as words are."""
    places = []
    row, left = 0, 0.0
    for width in widths:
        if left and left + width > COLUMNS - 1:
            row, left = row + 1, 0.0
        places.append((row, left))
        left += width + 0.5
    return places


def draw_token(
    axes: Axes,
    token: str,
    number: int,
    left: float,
    top: float,
    width: float,
    color: str,
) -> None:
    """Draw a box with a token in it and its id below."""
    look = {"boxstyle": "round,pad=0,rounding_size=0.3", "fc": color, "ec": "none"}
    axes.add_patch(FancyBboxPatch((left, top), width, 1.2, mutation_aspect=0.4, **look))
    middle = left + width / 2
    at = {"ha": "center", "va": "center", "family": "monospace"}
    axes.text(middle, top + 0.6, token, fontsize=11, **at)
    axes.text(middle, top + 1.85, str(number), fontsize=10, color="#555555", **at)


def draw_batches(
    lengths: Sequence[int],
    batchings: dict[str, Sequence[Sequence[int]]],
) -> Figure:
    """Draw batches as rectangles: a line per tweet, its tokens dark, the padding after them light.

    `batchings` names ways of making batches, which hold places in `lengths`, the tweets' numbers
    of tokens. There is a row of pictures for each way.
    """
    sizes = {
        name: [[lengths[index] for index in batch] for batch in batches]
        for name, batches in batchings.items()
    }
    shares = {name: padding_share(batches) for name, batches in sizes.items()}
    longest = max(max(batch) for batches in sizes.values() for batch in batches)
    columns = max(len(batches) for batches in batchings.values())
    figure = plt.figure(figsize=(WIDTH, 2.1 * len(batchings)))
    rows = figure.subfigures(len(batchings), squeeze=False)[:, 0]
    for (name, batches), row in zip(sizes.items(), rows, strict=True):
        title = f"{name}: {shares[name]:.0%} of the positions are padding"
        row.suptitle(title, x=0.01, ha="left", fontsize=12)
        panels = row.subplots(1, columns, squeeze=False)[0]
        for axes in panels:
            axes.axis("off")
        for axes, batch in zip(panels, batches, strict=False):
            draw_batch(axes, batch, longest)
    words = "; ".join(f"{name}, {share:.0%} padding" for name, share in shares.items())
    what = "Batches as rectangles, a line per text with its tokens dark and its padding light"
    figure.set_label(f"{what}: {words}.")
    return figure


def draw_batch(axes: Axes, lengths: Sequence[int], longest: int) -> None:
    """Draw a batch of tweets of these lengths into axes that are `longest` tokens wide."""
    places = range(len(lengths))
    width = max(lengths)
    axes.barh(places, [width] * len(lengths), height=1, color=PADDED, hatch="///", ec="#b5b5b5")
    axes.barh(places, lengths, height=1, color=REAL, ec="white", lw=0.8)
    axes.set(xlim=(0, longest), ylim=(len(lengths) - 0.5, -0.5))


def padding_share(batches: Sequence[Sequence[int]]) -> float:
    """Return the share of all positions of some batches that hold padding.

    >>> padding_share([[2, 4], [8]])
    0.125
    """
    positions = sum(len(batch) * max(batch) for batch in batches)
    return 1 - sum(sum(batch) for batch in batches) / positions
