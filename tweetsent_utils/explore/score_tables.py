"""Who agrees with whom, and how often a model is right, as tables with pictures of intervals."""

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd

from tweetsent_utils.explore.foreign_text import name_to_html


def agreement_html(agreement: pd.DataFrame, ordered: bool) -> str:
    """Return the table of `tabulate_agreement` as HTML, with a picture of each interval."""
    weights = ", quadratic weights" if ordered else ""
    how = f"Cohen's kappa{weights}: 1 is perfect, 0 is what their habits alone would give."
    start = start_of_scale(agreement["low"], agreement["kappa"])
    rows = [
        [
            f"{name_to_html(pair.one)} and {name_to_html(pair.other)}",
            f"{pair.rows:,}",
            f"{pair.agreement:.0%}",
            number(pair.kappa),
            interval(pair.low, pair.high),
            picture(pair.kappa, pair.low, pair.high, start),
        ]
        for pair in agreement.itertuples()
    ]
    heads = ["who", "texts", "same", "kappa", "95% interval", f"from {start:g} to 1"]
    return table_html(f"Who agrees with whom? {how}", heads, rows)


def accuracy_html(accuracy: pd.DataFrame) -> str:
    """Return the table of `tabulate_accuracy` as HTML, with a picture of each interval."""
    rows = [
        [
            name_to_html(row.Index),
            f"{row.rows:,}",
            number(row.accuracy),
            interval(row.low, row.high),
            picture(row.accuracy, row.low, row.high),
        ]
        for row in accuracy.itertuples()
    ]
    heads = ["by", "texts", "accuracy", "95% interval", "from 0 to 1"]
    return table_html("How often is the model right, and by whose labels?", heads, rows)


def table_html(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return cells, which are HTML, as a table."""
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    caption = f"<caption>{escape(caption)}</caption>"
    return f'<div class="scroll"><table class="scores">{caption}<tr>{head}</tr>{body}</table></div>'


def number(value: float) -> str:
    """Return a score with two decimals, or a dash where there is none."""
    return "–" if np.isnan(value) else f"{value:.2f}"


def interval(low: float, high: float) -> str:
    """Return the ends of an interval, or a dash where there is none."""
    return "–" if np.isnan(low) else f"{low:.2f} to {high:.2f}"


def start_of_scale(*scores: pd.Series) -> float:
    """Return where a scale begins that holds all scores: at 0, or at a tenth below it."""
    lowest = pd.concat(scores).min()
    return float(min(np.floor(10 * lowest) / 10, 0)) if pd.notna(lowest) else 0.0


def picture(value: float, low: float, high: float, start: float = 0.0) -> str:
    """Return a score as a point, and its interval if it has one as a line, from `start` to 1."""
    if np.isnan(value):
        return ""
    ends = [value, value] if np.isnan(low) else [low, high]
    at, left, right = (100 * (score - start) / (1 - start) for score in [value, *ends])
    look = f"--at:{at:.0f}%;--low:{left:.0f}%;--high:{right:.0f}%"
    return f'<span class="interval" style="{look}"></span>'
