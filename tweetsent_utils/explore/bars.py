"""Class probabilities as bars with numbers, next to those of an earlier text."""

from collections.abc import Sequence

import numpy as np
from markupsafe import escape

from tweetsent_utils.show.style import class_colors

MOST_BARS = 12


def probability_bars(
    probabilities: np.ndarray,
    label_order: Sequence[str],
    ordered: bool = True,
    before: np.ndarray | None = None,
) -> str:
    """Return class probabilities of shape (classes,) as an HTML table of bars.

    With the probabilities `before`, a thin mark shows where each bar ended then, and a column by
    how much it moved. Of many classes, only the twelve likeliest have a bar.
    """
    colors = class_colors(len(label_order), ordered)
    shown = likeliest(probabilities, MOST_BARS)
    rows = []
    for rank in shown:
        share = probabilities[rank]
        mark, moved = "", ""
        if before is not None:
            mark = f'<i style="left:{100 * before[rank]:.1f}%"></i>'
            moved = f'<td class="number quiet">{show_change(share - before[rank])}</td>'
        width = f"width:{100 * share:.1f}%;background:{colors[rank]}"
        bar = f'<div class="bar" aria-hidden="true"><span style="{width}"></span>{mark}</div>'
        rows.append(
            f'<tr><th scope="row"><bdi>{escape(label_order[rank])}</bdi></th>'
            f'<td class="wide">{bar}</td><td class="number">{share:.2f}</td>{moved}</tr>'
        )
    others = len(label_order) - len(shown)
    if others:
        rest = 1 - probabilities[shown].sum()
        rows.append(
            f'<tr class="quiet"><th scope="row">{others} others</th><td class="wide"></td>'
            f'<td class="number">{max(rest, 0):.2f}</td></tr>'
        )
    return f'<table class="bars">{"".join(rows)}</table>'


def likeliest(probabilities: np.ndarray, most: int) -> list[int]:
    """Return the ranks of at most so many of the likeliest classes, in the order of the ranks."""
    return sorted(np.argsort(-probabilities, kind="stable")[:most].tolist())


def show_change(change: float) -> str:
    """Return a change of a number with its sign, and nothing for one that rounds to zero.

    >>> show_change(-0.126), show_change(0.001)
    ('\N{MINUS SIGN}0.13', '')
    """
    if abs(change) < 0.005:
        return ""
    return f"{change:+.2f}".replace("-", "\N{MINUS SIGN}")
