"""Texts and names as HTML in which they stay what they are: escaped, in their direction, cut."""

import re
from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd

from tweetsent_utils.show.style import class_colors

MOST_CHARACTERS = 2000  # of a text that are shown
MOST_OF_A_NAME = 60
MOST_BARS = 10
BREAKS = str.maketrans({"\r": None})  # lines inside a tweet end with \r\r\n
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]")


def text_block(text: object) -> str:
    """Return a text as HTML, with a note where it is cut, empty, or has what cannot be seen."""
    if not isinstance(text, str):
        text = "" if pd.isna(text) else str(text)
    notes = []
    if not text.strip():
        notes.append("There is no text in this row.")
    if len(text) > MOST_CHARACTERS:
        notes.append(f"Cut: {MOST_CHARACTERS:,} of {len(text):,} characters are shown.")
    shown = text[:MOST_CHARACTERS].translate(BREAKS)
    unseen = len(INVISIBLE.findall(shown))
    if unseen:
        notes.append(f"Characters that cannot be seen: {unseen}.")
    body = f'<div class="tweet" dir="auto">{escape(show_controls(shown))}</div>'
    return body + "".join(f'<div class="quiet">{note}</div>' for note in notes)


def show_controls(text: str) -> str:
    """Return a text with a sign for each control character, which a browser would swallow."""
    return CONTROL.sub(lambda found: chr(0x2400 + min(ord(found[0]), 0x21)), text)


def name_html(name: object) -> str:
    """Return the name of a class or a person as HTML that keeps its own direction."""
    name = str(name)
    cut = name if len(name) <= MOST_OF_A_NAME else f"{name[:MOST_OF_A_NAME]} ..."
    return f"<bdi>{escape(show_controls(cut))}</bdi>"


def button(
    pick: str,
    content: str,
    is_pressed: bool | None = None,
    label: str = "",
    is_live: bool = True,
) -> str:
    """Return a button that sends `pick`; or what is on it, where nobody can press it.

    `content` is HTML. `is_pressed` is None for a button that only acts. `label` is what a screen
    reader reads in its place.
    """
    if not is_live:
        return f"<span>{content}</span>"
    pressed = "" if is_pressed is None else f' aria-pressed="{str(is_pressed).lower()}"'
    spoken = f' aria-label="{escape(label)}"' if label else ""
    return f'<button type="button" data-pick="{escape(pick)}"{pressed}{spoken}>{content}</button>'


def probability_table(
    probabilities: np.ndarray,
    label_order: Sequence[str],
    ordered: bool,
    always: int | None = None,
) -> str:
    """Return class probabilities of shape (classes,) as a table of bars and numbers.

    Of many classes, the likeliest are shown, and the rank `always`.
    """
    colors = class_colors(len(label_order), ordered)
    ranks = list(range(len(label_order)))
    if len(ranks) > MOST_BARS:
        likeliest = np.argsort(-probabilities, kind="stable")[: MOST_BARS // 2].tolist()
        ranks = likeliest if always in likeliest or always is None else [*likeliest, always]
    rows = []
    for rank in ranks:
        look = f"--share:{100 * probabilities[rank]:.1f}%;--color:{colors[rank]}"
        bar = f'<span class="bar" style="{look}"></span>'
        name = f'<th scope="row">{name_html(label_order[rank])}</th>'
        rows.append(f"<tr>{name}<td>{probabilities[rank]:.2f}</td><td class='wide'>{bar}</td></tr>")
    return f'<table aria-label="probabilities">{"".join(rows)}</table>'
