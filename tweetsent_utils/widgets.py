"""Two small widgets for the explorer; where nobody is there to click, each is a static picture of itself."""

from collections.abc import Callable, Sequence
from html import escape

import ipywidgets
import numpy as np
import pandas as pd
from IPython.display import HTML

from tweetsent_utils.display import somebody_is_there
from tweetsent_utils.plots import class_colors


def tweet_card(text: str, note: str) -> str:
    """Return a tweet as HTML, its text escaped, with a line of notes below it."""
    style = "border-left:4px solid #a6a6a6;padding:0.4em 0.8em;max-width:44em;white-space:pre-wrap"
    lines = escape(text.replace("\r", ""))  # the files end lines inside a tweet with \r\r\n
    return f'<div class="tex2jax_ignore" style="{style}">{lines}<br><small>{escape(note)}</small></div>'


def tweet_browser(
    tweets: pd.DataFrame, text_column: str, label_column: str, date_column: str, label_order: Sequence[str]
) -> object:
    """Browse tweets by class, date and a searched word, one at a time; static: the first tweet of all.

    `tweets` is indexed by row id. Returns a widget, or HTML when nobody is there.
    """

    def card(found: pd.DataFrame, position: int) -> str:
        if found.empty:
            return tweet_card("No tweet matches.", "choose another class, date or word")
        row = found.iloc[position % len(found)]
        place = f"{position % len(found) + 1:,} of {len(found):,}"
        note = f"row {row.name} · {row[date_column]} · {row[label_column]} · {place}"
        return tweet_card(row[text_column], note)

    if not somebody_is_there():
        return HTML(card(tweets, 0))
    label = ipywidgets.Dropdown(options=["all", *label_order], description="class")
    date = ipywidgets.Dropdown(options=["all", *tweets[date_column].unique()], description="date")
    word = ipywidgets.Text(description="search", continuous_update=False)
    following = ipywidgets.Button(description="next")
    shown = ipywidgets.HTML()
    position = 0

    def show(step: int) -> None:
        nonlocal position
        position = position + 1 if step else 0
        found = tweets[tweets[text_column].str.contains(word.value, case=False, regex=False)]
        for choice, column in ((label, label_column), (date, date_column)):
            if choice.value != "all":
                found = found[found[column] == choice.value]
        shown.value = card(found, position)

    for choice in (label, date, word):
        choice.observe(lambda _: show(0), names="value")
    following.on_click(lambda _: show(1))
    show(0)
    return ipywidgets.VBox([ipywidgets.HBox([label, date]), ipywidgets.HBox([word, following]), shown])


def probability_bars(text: str, probabilities: Sequence[float], labels: Sequence[str]) -> str:
    """Return a text and one bar per class as HTML, the text escaped."""
    rows = "".join(
        f'<tr><td style="text-align:right">{escape(label)}</td><td style="text-align:left;width:22em">'
        f'<span style="display:inline-block;height:0.8em;width:{100 * share:.0f}%;background:{color}"></span></td>'
        f"<td>{share:.2f}</td></tr>"
        for label, share, color in zip(labels, probabilities, class_colors(len(labels)), strict=True)
    )
    return f"{tweet_card(text, 'the probability of each class')}<table>{rows}</table>"


def sentiment_box(classify: Callable[[list[str]], np.ndarray], labels: Sequence[str], example: str) -> object:
    """Type a tweet and see its class probabilities; `classify` maps N texts to (N, classes); static: the example.

    Returns a widget, or HTML when nobody is there.
    """
    picture = probability_bars(example, classify([example])[0], labels)
    if not somebody_is_there():
        return HTML(picture)
    text = ipywidgets.Text(value=example, layout={"width": "44em"}, continuous_update=False)
    shown = ipywidgets.HTML(picture)
    text.observe(
        lambda change: setattr(shown, "value", probability_bars(change.new, classify([change.new])[0], labels)), "value"
    )
    return ipywidgets.VBox([text, shown])
