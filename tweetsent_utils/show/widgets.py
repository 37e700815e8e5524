"""What one plays with in JupyterLab; where nobody watches, each is a picture of its first state."""

from collections.abc import Callable, Sequence
from html import escape

import numpy as np
from IPython.display import HTML, display
from ipywidgets import Text, interact

from tweetsent_utils.show.display import is_interactive, tweet_card
from tweetsent_utils.show.style import class_colors


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
