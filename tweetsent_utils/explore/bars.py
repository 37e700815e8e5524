"""Class probabilities as bars with numbers, next to those of an earlier text."""

from collections.abc import Sequence

import numpy as np

from tweetsent_utils.explore.foreign_text import name_to_html
from tweetsent_utils.show.style import class_colors

MOST_BARS = 12


def probability_bars(
    probabilities: np.ndarray,
    label_order: Sequence[str],
    ordered: bool = True,
    before: np.ndarray | None = None,
    always: int | None = None,
) -> str:
    """Return class probabilities of shape (classes,) as an HTML table of bars.

    With the probabilities `before`, a thin mark shows where each bar ended then, and a column by
    how much it moved. Of many classes, only the twelve likeliest have a bar, and the rank `always`.
    """
    colors = class_colors(len(label_order), ordered)
    shown = likeliest(probabilities, MOST_BARS)
    if always is not None and always not in shown:
        shown = [*shown, always]
    rows = []
    for rank in shown:
        share = probabilities[rank]
        mark, moved = None, ""
        if before is not None:
            mark = before[rank]
            moved = f'<td class="number quiet">{show_change(share - before[rank])}</td>'
        rows.append(
            f'<tr><th scope="row">{name_to_html(label_order[rank])}</th>'
            f'<td class="wide">{bar(share, colors[rank], mark)}</td>'
            f'<td class="number">{share:.2f}</td>{moved}</tr>'
        )
    others = len(label_order) - len(shown)
    if others:
        rest = 1 - probabilities[shown].sum()
        rows.append(
            f'<tr class="quiet"><th scope="row">{others} others</th><td class="wide"></td>'
            f'<td class="number">{max(rest, 0):.2f}</td></tr>'
        )
    return f'<table class="bars">{"".join(rows)}</table>'


def bar(share: float, color: str, mark: float | None = None) -> str:
    """Return a bar as HTML that fills a share of its room, with a thin mark at another share."""
    filled = f'<span style="width:{100 * share:.1f}%;background:{color}"></span>'
    thin = "" if mark is None else f'<i style="left:{100 * mark:.1f}%"></i>'
    return f'<div class="bar" aria-hidden="true">{filled}{thin}</div>'


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
