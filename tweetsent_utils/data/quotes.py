"""Quotes in files of separated fields: which hold a field together, and which are only letters.

A field that begins with a quote goes on to the next single quote, over separators and line ends. So
a lone quote, which was a letter of a tweet, swallows the rows up to the next one.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from tweetsent_utils.errors import TweetsentError

BLANKS = re.compile(" *+")
LINE_ENDS = re.compile(r"[\r\n]+")


class QuotedField(NamedTuple):
    """A field that begins with a quote: its places in the text, and how it ends."""

    start: int
    end: int
    has_closing_quote: bool
    is_whole: bool  # it ends with its closing quote, or with blanks after it
    spans_lines: bool


def find_quoted_fields(text: str, separator: str) -> Iterator[QuotedField]:
    """Yield the fields of a text that begin with a quote, as pandas takes them."""
    border = f"{separator}\r\n"
    # `++` and `*+` never give back what they have taken: the time grows no faster than the text.
    form = re.compile(rf'(?<![^{border}])"(?:[^"]++|"")*+("?)')
    for found in form.finditer(text):
        start, end = found.span()
        has_closing_quote = bool(found[1])
        border_at = BLANKS.match(text, end).end()
        yield QuotedField(
            start,
            end,
            has_closing_quote,
            is_whole=has_closing_quote and (border_at == len(text) or text[border_at] in border),
            spans_lines=LINE_ENDS.search(text, start, end) is not None,
        )


def find_doubtful_fields(text: str, separator: str) -> list[QuotedField]:
    """Return the fields whose quotes may be letters: they span lines, or end after the quote."""
    fields = find_quoted_fields(text, separator)
    return [field for field in fields if field.spans_lines or not field.is_whole]


def has_plain_rows(text: str, header: str, separator: str) -> bool:
    """Tell whether a text may be a table without quotes that hold fields together.

    Its header has none, and each line by itself has as many fields as the header.
    """
    separators = header.count(separator)
    lines = (line for line in LINE_ENDS.split(text) if line.strip())
    return '"' not in header and all(line.count(separator) == separators for line in lines)


def refuse_lone_quotes(path: str | Path, text: str, fields: list[QuotedField]) -> None:
    """Refuse a text in which a field's quote has no partner, so that it swallows rows."""
    for field in fields:
        if field.has_closing_quote and (field.is_whole or not field.spans_lines):
            continue
        what = f"{path}: line {line_number(text, field.start):,} opens a quote that nothing closes"
        if field.has_closing_quote:
            what = f"{what} (the next one is within line {line_number(text, field.end):,})"
        remedy = "remove it, or put the text in quotes and write each quote in it twice"
        raise TweetsentError(f"{what}, so it swallows what follows: {remedy}")


def find_swallowing_fields(
    text: str,
    fields: list[QuotedField],
    separator: str,
    tweets: pd.DataFrame,
    label_column: str,
) -> list[QuotedField]:
    """Return those fields that hold what looks like rows of the table made from the text."""
    columns = list(tweets)
    if not fields or columns.count(label_column) != 1:
        return []
    place = columns.index(label_column)
    labels = set(tweets[label_column].dropna())
    line_starts = [0, *(line_end.end() for line_end in LINE_ENDS.finditer(text))]
    found = []
    for field in fields:
        if not field.spans_lines:
            continue
        line_start = line_starts[bisect_right(line_starts, field.start) - 1]
        # The last of the lines ends with the field, and so says nothing.
        lines = LINE_ENDS.split(text[line_start : field.end])[:-1]
        if lines and all(is_row(line, separator, len(columns), place, labels) for line in lines):
            found.append(field)
    return found


def is_row(line: str, separator: str, columns: int, place: int, labels: set[str]) -> bool:
    """Tell whether a line looks like a row of its own.

    It has as many fields as there are columns, or more, as a text may hold separators; and in the
    column `place` (0 for the first), counted from the left or the right, one of the `labels`.
    """
    fields = [field.strip('"') for field in line.split(separator)]
    return len(fields) >= columns and not labels.isdisjoint(
        (fields[place], fields[place - columns])
    )


def line_number(text: str, place: int) -> int:
    """Return the line in which a place of a text is; 1 for the first."""
    line_end = "\n" if "\n" in text else "\r"
    return text.count(line_end, 0, place) + 1


def line_span(text: str, field: QuotedField) -> str:
    """Return the first and the last line of a field, as in "3 to 5"."""
    return f"{line_number(text, field.start):,} to {line_number(text, field.end):,}"
