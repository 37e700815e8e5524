"""Texts that strangers wrote, as HTML that shows them and obeys nothing in them."""

import re
from collections.abc import Sequence
from html import escape

MOST_CHARACTERS = 1000  # of a text that are shown
MOST_OF_A_NAME = 60
BEFORE_A_HIT = 100  # characters that are shown before the first hit, where a text is cut
# Two characters that Unicode promises never to assign: they enclose hits, and no text keeps them.
HIT_BEGINS, HIT_ENDS = "\ufdd0", "\ufdd1"

# Unicode has a picture for each control character; of those only the tabulator and the new line
# stay, and \r goes, since lines inside a tweet end with \r\r\n.
PICTURES = {code: 0x2400 + code for code in range(32)} | {127: 0x2421}
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]")
STAND_INS = PICTURES | {9: 9, 10: 10, 13: None, ord(HIT_BEGINS): None, ord(HIT_ENDS): None}
# What turns the letters after it around, by the name that Unicode gives it.
STAND_INS |= {0x202D: "‹LRO›", 0x202E: "‹RLO›"}


def make_readable(text: object) -> str:
    r"""Return a text as a page can hold it; what is no text, such as a gap, becomes "".

    Control characters become their pictures, what turns letters around becomes its name, and
    halves of a character, which no encoding can hold, a question mark.

    >>> make_readable("\x1b[31mred")
    '␛[31mred'
    """
    if not isinstance(text, str):
        return ""
    return text.translate(STAND_INS).encode("utf-8", "replace").decode("utf-8")


def shorten(text: str, most: int) -> str:
    """Return a name on one line, cut at a number of characters, which three dots then show."""
    line = " ".join(make_readable(text).split())
    return line if len(line) <= most else f"{line[: most - 3]}..."


def text_to_html(
    text: str,
    hits: Sequence[tuple[int, int]] = (),
    most: int = MOST_CHARACTERS,
) -> tuple[str, str]:
    """Return a readable text as HTML, and a note that says what isn't seen, or "".

    `hits` are the places, first and last but one, that are marked; they are in order and do not
    overlap. A text that is longer than `most` is cut so that the first of them is seen.
    """
    first = hits[0][0] if hits else 0
    before = min(BEFORE_A_HIT, most // 2)
    start = first - before if first > most - before else 0
    end = min(start + most, len(text))
    pieces, place = [], start
    for begin, stop in hits:
        begin, stop = min(max(begin, start), end), min(stop, end)
        if begin < stop:
            pieces.append(escape(text[place:begin]))
            pieces.append(f"<mark>{escape(text[begin:stop])}</mark>")
            place = stop
    pieces.append(escape(text[place:end]))
    head, tail = ("…" if start else ""), ("…" if end < len(text) else "")
    html = f'<div dir="auto">{head}{"".join(pieces)}{tail}</div>'
    if end - start < len(text):
        return html, f"characters {start + 1:,} to {end:,} of {len(text):,}"
    if not any(letter.isprintable() and not letter.isspace() for letter in text):
        return html, f"nothing to see: {len(text):,} characters" if text else "an empty text"
    return html, ""


def text_block(text: object) -> str:
    """Return a text as a card, with a note where it is cut, empty, or has what cannot be seen."""
    readable = make_readable(text)
    html, cut = text_to_html(readable)
    notes = [note for note in (cut, note_unseen(readable)) if note]
    below = f"<small>{' · '.join(notes)}</small>" if notes else ""
    return f'<div class="card">{html}{below}</div>'


def note_unseen(text: str) -> str:
    """Return a note on how many of a text's characters cannot be seen, or "" for none."""
    unseen = len(INVISIBLE.findall(text))
    return f"characters that cannot be seen: {unseen:,}" if unseen else ""


def name_to_html(name: object) -> str:
    """Return the name of a class or a person as HTML on one line, in its own direction."""
    return f"<bdi>{escape(shorten(str(name), MOST_OF_A_NAME))}</bdi>"
