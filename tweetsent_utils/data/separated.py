"""Rows of CSV and TSV files of any size, of which damage loses none.

The module `csv` cuts lines into fields. Where a quote that nothing closes would swallow the rows
after it, its line becomes a row by itself and the others are read again.
"""

import csv
from collections.abc import Iterator, Sequence

from tweetsent_utils.data.streams import LONGEST_LINE, Lines

MOST_LINES = 1_000  # of one row: beyond, a quote has no partner
LEARN_FROM = 1_000  # rows, by which we know columns of numbers
ENOUGH_ROWS = 5


class SeparatedRows:
    """Iterate over rows: their fields, and why a row is damaged ("" for one that is not).

    A damaged row has its lines as its only field. `header` are the names of the columns;
    `lone_quotes` counts the rows whose quotes were read as letters. `text_column` is the one whose
    values say nothing about where a row begins.
    """

    def __init__(self, lines: Lines, separator: str, text_column: str) -> None:
        self.lines = lines
        self.separator = choose_separator(lines, separator)
        csv.field_size_limit(LONGEST_LINE)
        self.reader = csv.reader(RowLines(lines), delimiter=self.separator, strict=True)
        self.header = next((row for row in self.parsed() if row), [])
        self.lone_quotes = 0
        self.rows = 0
        places = range(len(self.header))
        self.numbers = {place for place in places if self.header[place] != text_column}

    def parsed(self) -> Iterator[list[str] | csv.Error]:
        """Yield each row as the module csv reads it, or its error; `lines.taken` are its lines."""
        while True:
            self.lines.taken.clear()
            try:
                yield next(self.reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield error

    def __iter__(self) -> Iterator[tuple[list[str], str]]:
        for row in self.parsed():
            lines = self.lines.taken
            if isinstance(row, csv.Error) or (len(lines) > 1 and self.holds_rows(row, lines[1:])):
                yield self.first_line_alone(row)
            elif len(row) == len(self.header):
                if row == self.header:
                    yield ["".join(lines)], "the header once more"
                else:
                    if self.rows < LEARN_FROM:
                        self.learn(row)
                    yield row, ""
            elif row:  # a blank line is no row
                yield ["".join(lines)], self.say_fields(row)

    def learn(self, row: Sequence[str]) -> None:
        """Note which columns hold nothing but numbers so far."""
        self.rows += 1
        self.numbers = {place for place in self.numbers if row[place].isdecimal()}

    def holds_rows(self, row: Sequence[str], lines: Sequence[str]) -> bool:
        """Tell whether the lines after a row's first are rows that a quote has swallowed.

        Each has as many fields as there are columns. In a row that is right otherwise, each also
        has a number in those columns that have held nothing else: a text may well have commas. It
        hardly has tabs.
        """
        needs_numbers = len(row) == len(self.header) and self.separator != "\t"
        if needs_numbers and not (self.numbers and self.rows >= ENOUGH_ROWS):
            return False
        for line in lines:
            fields = self.split(line)
            if len(fields) != len(self.header):
                return False
            if needs_numbers and not all(fields[place].isdecimal() for place in self.numbers):
                return False
        return True

    def first_line_alone(self, row: list[str] | csv.Error) -> tuple[list[str], str]:
        """Return the row that a first line is with its quotes as letters; put back the others."""
        first, *others = self.lines.taken
        self.lines.put_back(others)
        fields = self.split(first)
        if len(fields) == len(self.header):
            self.lone_quotes += 1
            return fields, ""
        is_error = isinstance(row, csv.Error)
        reason = "a quote that nothing closes" if is_error else self.say_fields(fields)
        return [first], reason

    def split(self, line: str) -> list[str]:
        """Return the fields of a line whose quotes are letters."""
        return line.rstrip("\r\n").split(self.separator)

    def say_fields(self, row: Sequence[str]) -> str:
        """Say how many fields a row has, and how many it should have."""
        return f"{len(row)} fields instead of {len(self.header)}"


class RowLines:
    """An iterator over lines that ends where one row has taken a thousand, and can go on."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.lines.taken) >= MOST_LINES:
            raise StopIteration
        return next(self.lines)


def choose_separator(lines: Lines, separator: str) -> str:
    """Return a semicolon, which spreadsheets like, where a header has more of them."""
    lines.taken.clear()
    first = next((line for line in lines if line.strip()), "")
    lines.put_back(lines.taken)
    lines.taken = []
    return ";" if first.count(";") > first.count(separator) else separator
