"""A text whose words show how far each of them moves a model's answer."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from tweetsent_utils.evaluation.explanation import ANY_WORD, find_words
from tweetsent_utils.explore.bars import show_change
from tweetsent_utils.explore.foreign_text import make_readable, note_unseen
from tweetsent_utils.explore.weighing import MOST_WORDS, Push

MOST_CHARACTERS = 2000  # of a text that are shown
LONGEST_WORD = 30  # characters that stay on one line
SMALL = 0.1  # a push that gets no colour and no number, except where somebody asks for it
LARGEST = {True: 1.0, False: 0.5}  # one whole class, or half of the probability: the full colour


def push_words(text: str, pushes: Sequence[Push], ordered: bool) -> str:
    """Return a text as HTML, each of its words coloured by its push, with a number at large ones.

    Upwards is underlined, downwards is dashed, so that colour isn't needed. The rest of the text
    is shown as it is, or its first 2,000 characters, with a note.
    """
    parts, place = [], 0
    for push in pushes:
        if push.end > MOST_CHARACTERS:
            break
        parts.append(show_plain(text[place : push.start]))
        parts.append(push_word(text[push.start : push.end], push.effect, ordered))
        place = push.end
    parts.append(show_plain(text[place:MOST_CHARACTERS]))
    body = f'<div class="card pushes" dir="auto">{"".join(parts)}</div>'
    return body + show_limits(text)


def push_word(word: str, effect: float, ordered: bool) -> str:
    """Return a word as HTML with its push: in colour, as a line below it and as a number."""
    number = show_change(effect) or "0.00"
    title = f' title="{show_plain(word)}: {number}"'
    if abs(effect) < SMALL:
        return f"<span{title}>{show_plain(word)}</span>"
    side = "up" if effect > 0 else "down"
    if len(word) > LONGEST_WORD:
        side = f"{side} long"
    strength = min(abs(effect) / LARGEST[ordered], 1)
    return (
        f'<ruby class="push {side}" style="--push:{strength:.2f}"{title}>'
        f"{show_plain(word)}<rt>{number}</rt></ruby>"
    )


def show_plain(text: str) -> Markup:
    """Return a part of a text, escaped, and obeying nothing in it."""
    return escape(make_readable(text))


def show_limits(text: str) -> str:
    """Return a note where not all of a text is shown, weighed or visible."""
    limits = []
    if len(text) > MOST_CHARACTERS:
        limits.append(f"the first {MOST_CHARACTERS:,} of {len(text):,} characters are shown")
    if len(find_words(text, MOST_WORDS + 1, ANY_WORD)) > MOST_WORDS:
        limits.append(f"the first {MOST_WORDS} words are weighed")
    notes = [f"Only {', and '.join(limits)}."] if limits else []
    if unseen := note_unseen(text):
        notes.append(f"There are {unseen}.")
    return f'<p class="quiet">{" ".join(notes)}</p>' if notes else ""


def explain_pushes(label_order: Sequence[str], ordered: bool) -> str:
    """Return in a sentence of HTML what the numbers at the words mean."""
    what = "Each number is what a word does to the answer, measured by leaving it out: "
    if ordered:
        end = escape(label_order[-1])
        return f"{what}+1.00 moves it by one class towards <bdi>{end}</bdi>."
    return f"{what}by how much likelier the word makes it."
