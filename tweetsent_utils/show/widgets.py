"""What one plays with in JupyterLab; where nobody watches, each is a picture of its first state."""

from collections.abc import Callable, Sequence
from html import escape

import numpy as np
import pandas as pd
from IPython.display import HTML, display
from ipywidgets import BoundedIntText, Text, interact

from tweetsent_utils.show.display import is_interactive, tweet_card
from tweetsent_utils.show.style import class_colors

ALL = "(all)"  # a class may well be called "all"


def browse_tweets(
    texts: pd.Series,
    labels: pd.Series,
    days: pd.Series,
    label_order: Sequence[str],
) -> None:
    """Show a browser of tweets, by class, day and word.

    `texts`, `labels` (names of classes) and `days` (datetimes, or NaT) share an index of row ids.
    """
    day_names = days.dt.strftime("%Y-%m-%d").fillna("no day")

    def show(label: str, date: str, word: str, number: int) -> None:
        matches = texts.str.contains(word, case=False, regex=False)
        if label != ALL:
            matches &= labels == label
        if date != ALL:
            matches &= day_names == date
        found = texts.index[matches]
        if found.empty:
            card = tweet_card("No tweet matches.", "choose another class, date or word")
        else:
            place = (number - 1) % len(found)
            row = found[place]
            where = f"{place + 1:,} of {len(found):,} · row {row}"
            card = tweet_card(texts[row], f"{where} · {day_names[row]} · {labels[row]}")
        display(HTML(card))

    if is_interactive():
        interact(
            show,
            label=[ALL, *label_order],
            date=[ALL, *day_names.unique()],
            word=Text(continuous_update=False),
            number=BoundedIntText(1, 1, max(len(texts), 1)),
        )
    else:
        show(ALL, ALL, "", 1)


def classify_box(
    predict: Callable[[list[str]], np.ndarray],
    label_order: Sequence[str],
    ordered: bool,
    example: str,
) -> None:
    """Show a box to type a text into, and a bar for the probability of each class.

    `predict` returns probabilities of shape (N, classes) for N texts.
    """

    def show(text: str) -> None:
        (probabilities,) = predict([text])
        bars = probability_bars(probabilities, label_order, ordered)
        display(HTML(tweet_card(text, "the probability of each class") + bars))

    if is_interactive():
        box = Text(example, layout={"width": "44em"}, continuous_update=False)
        interact(show, text=box)
    else:
        show(example)


def probability_bars(
    probabilities: np.ndarray,
    label_order: Sequence[str],
    ordered: bool = True,
) -> str:
    """Return class probabilities of shape (classes,) as an HTML table of bars."""
    colors = class_colors(len(label_order), ordered)
    rows = []
    for label, share, color in zip(label_order, probabilities, colors, strict=True):
        style = f"display:inline-block;height:0.8em;width:{100 * share:.0f}%;background:{color}"
        bar = f'<td style="text-align:left;width:22em"><span style="{style}"></span></td>'
        rows.append(f"<tr><td>{escape(label)}</td>{bar}<td>{share:.2f}</td></tr>")
    return f"<table>{''.join(rows)}</table>"
