"""The one place where the command prints: nothing that is said there can end a run."""

import os
import sys
import unicodedata

from tweetsent_utils.errors import encodable

# What reverses the order of the letters after it, so that a line may read as another.
DIRECTIONS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def say(text: str, stream: str = "stdout", before: str = "", end: str = "\n") -> None:
    r"""Print a text, of which control characters are shown as escapes, such as \x1b.

    `stream` is stdout or stderr; `before` and `end` are printed as they are. Letters that the
    terminal does not know are shown as escapes too, and a terminal that is gone (a closed window, a
    pipe that nobody reads) is printed to no more.
    """
    target = getattr(sys, stream)
    line = before + escape_controls(text) + end
    try:
        target.write(encodable(line, target.encoding))
        target.flush()
    except OSError:
        nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the process ends
        setattr(sys, stream, nowhere)


def escape_controls(text: str) -> str:
    r"""Return a text in which control characters are escapes, such as \x1b; lines stay lines."""
    return "".join(escape(letter) if is_control(letter) else letter for letter in text)


def is_control(letter: str) -> bool:
    """Tell whether a terminal would obey a character instead of showing it."""
    is_line_or_tab = letter in "\n\t"
    return letter in DIRECTIONS or (unicodedata.category(letter) == "Cc" and not is_line_or_tab)


def escape(letter: str) -> str:
    r"""Return a character as Python writes it: \x1b, or \u202e."""
    return letter.encode("unicode_escape").decode("ascii")
