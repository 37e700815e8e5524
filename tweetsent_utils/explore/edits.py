"""What changed between two texts, and between a model's answers to them, in sentences."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from html import escape

import numpy as np

from tweetsent_utils.explore.bars import show_change
from tweetsent_utils.explore.foreign_text import make_readable

MOST_COMPARED = 200  # words of a text
MOST_NAMED = 4  # words in a sentence
LONGEST_WORD = 40  # characters


def describe_edit(before: str, now: str) -> str:
    """Return in a sentence of HTML which words came, went or changed between two texts.

    >>> describe_edit("great prices today", "not great prices")
    '“<bdi>not</bdi>” came, “<bdi>today</bdi>” went.'
    """
    old, new = before.split()[:MOST_COMPARED], now.split()[:MOST_COMPARED]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    clauses, named = [], 0
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            continue
        gone, come = old[old_start:old_end], new[new_start:new_end]
        named += len(gone) + len(come)
        clauses.append(describe_clause(gone, come))
    if not clauses:
        return "" if before == now else "Only spaces changed."
    if named > 2 * MOST_NAMED:
        return "Many words changed."
    sentence = ", ".join(clauses)
    return f"{sentence}."


def describe_clause(gone: Sequence[str], come: Sequence[str]) -> str:
    """Return in words what happened at one place of a text."""
    if gone and come:
        return f"{quote_words(gone)} became {quote_words(come)}"
    return f"{quote_words(come)} came" if come else f"{quote_words(gone)} went"


def quote_words(words: Sequence[str]) -> str:
    """Return words in quotation marks, escaped, the long ones cut."""
    cut = [word if len(word) <= LONGEST_WORD else f"{word[:LONGEST_WORD]}…" for word in words]
    return f"“<bdi>{escape(make_readable(' '.join(cut)))}</bdi>”"


def describe_change(before: np.ndarray, now: np.ndarray, label_order: Sequence[str]) -> str:
    """Return in a sentence of HTML which class gained most and which lost most, if any moved.

    `before` and `now` are probabilities of shape (classes,).
    """
    moved = now - before
    clauses = [
        describe_gain(label_order[rank], before[rank], now[rank])
        for rank in (moved.argmax(), moved.argmin())
        if show_change(moved[rank])
    ]
    return f"{', '.join(clauses)}." if clauses else "The answer is the same."


def describe_gain(label: str, before: float, now: float) -> str:
    """Return in words how much the probability of a class rose or fell."""
    verb = "gained" if now > before else "lost"
    return f"<bdi>{escape(label)}</bdi> {verb} {abs(now - before):.2f} ({before:.2f} to {now:.2f})"
