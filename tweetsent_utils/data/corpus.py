"""Files larger than a memory as blocks of rows: CSV, TSV, JSON lines and Parquet, packed or not.

A block is a fixed number of rows of one file, so that it has the same rows whenever it is read. A
row that is damaged stays in its place, with a reason.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from glob import glob
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pyarrow as pa
from pyarrow import parquet

from tweetsent_utils.data.encodings import guess_encoding, refuse_garbled_utf_8
from tweetsent_utils.data.reading import JSON_LINES, SEPARATORS
from tweetsent_utils.data.separated import SeparatedRows
from tweetsent_utils.data.streams import LOST, Lines, find_encoding, read_sample, unpacked_suffix
from tweetsent_utils.errors import TweetsentError, quote, quote_names, user_error

FORMATS = (*SEPARATORS, *JSON_LINES, ".parquet")
CHUNK = 4_096  # rows that are turned into columns at once
REASON = "reason"  # the column that says why a row cannot be read
HALF_LETTERS = re.compile("[\ud800-\udfff]")
Needed = Callable[[int, int], bool]  # whether any row from one number up to another is needed


class Chunk(NamedTuple):
    """Some rows of a file as columns, or only their number where nobody needs them."""

    rows: int
    table: pa.Table | None


class Block(NamedTuple):
    """A block of a file's rows, as columns of the names that were asked for, and `REASON`."""

    number: int  # 0 for the file's first
    first_row: int
    table: pa.Table | None  # None where it is not needed
    is_last: bool


class Source(Protocol):
    """A file that is open for reading."""

    names: list[str]  # of its columns
    notes: dict[str, int]  # what was odd in it, and in how many rows

    def chunks(self, columns: Sequence[str], needed: Needed) -> Iterator[Chunk]:
        """Yield all rows in order, with the columns asked for."""

    def place(self) -> float:
        """Return the share of the file that has been read, from 0 to 1."""


def list_files(inputs: Sequence[str], leave_out: Path) -> list[Path]:
    """Return the files that names, patterns and folders stand for, each once, in a fixed order.

    Of a folder these are all files of a known format, but for those in `leave_out`. Raises
    `TweetsentError` for what is not there and for a format that is none of ours.
    """
    found: list[Path] = []
    for name in inputs:
        path = Path(name).expanduser()
        if path.is_dir():
            inside = (each for each in path.rglob("*") if unpacked_suffix(each) in FORMATS)
            matches = sorted(each for each in inside if each.is_file())
        else:
            matches = [path] if path.exists() else [Path(each) for each in sorted(glob(str(path)))]
        if not matches:
            raise TweetsentError(f"no file fits {name}: name files, a pattern or a folder")
        found += [each.absolute() for each in matches]
    hidden = leave_out.absolute()
    files = [path for path in dict.fromkeys(found) if not path.is_relative_to(hidden)]
    for path in files:
        if not path.is_file():
            what = f"{path} is a pipe or a device, which may have no end"
            raise TweetsentError(f"{what}: save what it gives as a file, and name that")
        if unpacked_suffix(path) not in FORMATS:
            known = ", ".join(FORMATS)
            what = f"{path} has no known format"
            raise TweetsentError(f"{what}: give {known}, also packed as .gz, .zst or .bz2")
    if not files:
        raise TweetsentError(f"all files of {quote_names(inputs)} are in {leave_out}: name others")
    return files


def open_source(path: Path, text_column: str, encoding: str = "") -> Source:
    """Open a file by its ending; an empty `encoding` is guessed from its first MiB.

    Raises `TweetsentError` for a file that is not there, is damaged or has no such column.
    """
    suffix = unpacked_suffix(path)
    if suffix == ".parquet":
        source: Source = ParquetSource(path)
    else:
        encoding = settle_encoding(path, encoding)
        lines = Lines(path, encoding)
        if suffix in JSON_LINES:
            source = JsonSource(lines, text_column, encoding)
        else:
            source = SeparatedSource(lines, SEPARATORS[suffix], text_column, encoding)
    require_columns(path, source.names, [text_column])
    return source


def settle_encoding(path: Path, encoding: str) -> str:
    """Return the encoding given, or a guess.

    Raises `TweetsentError` for UTF-8 that the encoding given would garble.
    """
    if not encoding:
        return find_encoding(path)
    with user_error(f"encoding is {encoding!r}", "give one such as cp1252", LookupError):
        codecs.lookup(encoding)
    sample = read_sample(path)
    if not encoding.lower().startswith("utf") and guess_encoding(sample) == "utf-8":
        refuse_garbled_utf_8(path, sample, encoding)
    return encoding


def require_columns(path: Path, names: Sequence[str], columns: Sequence[str]) -> None:
    """Refuse a file in which a column is missing or there are two of it."""
    for column in columns:
        if list(names).count(column) != 1:
            what = f"{path} has {'two columns' if column in names else 'no column'} {column!r}"
            known = quote_names(names) if names else "none at all"
            raise TweetsentError(f"{what}: its columns are {known}; name one that is there once")


def cut_into_blocks(
    source: Source,
    columns: Sequence[str],
    rows: int,
    is_needed: Callable[[int], bool] = lambda number: True,
) -> Iterator[Block]:
    """Yield a file's blocks of a number of rows, the last of which may have fewer, or none.

    Those of which `is_needed` says no come without a table.
    """

    def needs(start: int, end: int) -> bool:
        return any(is_needed(number) for number in range(start // rows, (end - 1) // rows + 1))

    number = count = 0
    parts: list[pa.Table] = []

    def block(is_last: bool) -> Block:
        table = pa.concat_tables(parts) if is_needed(number) and parts else None
        return Block(number, number * rows, table, is_last)

    for chunk in source.chunks(columns, needs):
        offset = 0
        while offset < chunk.rows:
            if count == rows:  # and there is more: it was not the last
                yield block(is_last=False)
                number += 1
                count = 0
                parts = []
            size = min(rows - count, chunk.rows - offset)
            if chunk.table is not None and is_needed(number):
                parts.append(chunk.table.slice(offset, size))
            count += size
            offset += size
    if not parts and is_needed(number):
        parts = [empty_table(columns)]
    yield block(is_last=True)


def empty_table(columns: Sequence[str]) -> pa.Table:
    """Return a table with these columns and no row."""
    return pa.table({name: pa.array([], pa.string()) for name in (*columns, REASON)})


class SeparatedSource:
    """A CSV or TSV file."""

    def __init__(self, lines: Lines, separator: str, text_column: str, encoding: str) -> None:
        self.lines = lines
        self.size = lines.path.stat().st_size
        self.notes: dict[str, int] = {}
        self.encoding = encoding
        self.text_column = text_column
        self.rows = SeparatedRows(lines, separator, text_column)
        self.names = self.rows.header

    def place(self) -> float:
        """Return the share of the file that has been read."""
        return self.lines.bytes.place / max(self.size, 1)

    def chunks(self, columns: Sequence[str], needed: Needed) -> Iterator[Chunk]:
        """Yield all rows in order, each field as text."""
        require_columns(self.lines.path, self.names, columns)
        places = [self.names.index(name) for name in columns]
        start = 0
        for rows in in_chunks(self.rows):
            is_needed = needed(start, start + len(rows))
            yield Chunk(len(rows), self.tabulate(rows, columns, places) if is_needed else None)
            start += len(rows)
        if self.rows.lone_quotes:
            self.notes["have a quote that nothing closes, read as a letter"] = self.rows.lone_quotes

    def tabulate(
        self,
        rows: list[tuple[list[str], str]],
        columns: Sequence[str],
        places: Sequence[int],
    ) -> pa.Table:
        """Return rows as a table; a damaged one has its lines for its text."""
        table = {}
        for name, place in zip(columns, places, strict=True):
            for_damaged = (lambda row: row[0]) if name == self.text_column else (lambda row: None)
            values = [for_damaged(row) if reason else row[place] for row, reason in rows]
            if name == self.text_column:
                note_lost(values, self.encoding, self.notes)
            table[name] = pa.array(values, pa.string())
        table[REASON] = pa.array([reason for _, reason in rows], pa.string())
        return pa.table(table)


class JsonSource:
    """A file with one JSON object a line."""

    def __init__(self, lines: Lines, text_column: str, encoding: str) -> None:
        self.lines = lines
        self.size = lines.path.stat().st_size
        self.notes: dict[str, int] = {}
        self.encoding = encoding
        self.text_column = text_column
        first = list(islice(lines, CHUNK))
        lines.put_back(first)
        found = (parse_object(line)[0] or {} for line in first)
        self.names = list(dict.fromkeys(name for row in found for name in row))

    def place(self) -> float:
        """Return the share of the file that has been read."""
        return self.lines.bytes.place / max(self.size, 1)

    def chunks(self, columns: Sequence[str], needed: Needed) -> Iterator[Chunk]:
        """Yield all rows in order, each value as text."""
        require_columns(self.lines.path, self.names, columns)
        start = 0
        for lines in in_chunks(self.filled_lines()):
            is_needed = needed(start, start + len(lines))
            yield Chunk(len(lines), self.tabulate(lines, columns) if is_needed else None)
            start += len(lines)

    def filled_lines(self) -> Iterator[str]:
        """Yield the lines that are not blank."""
        for line in self.lines:
            self.lines.taken.clear()
            if line.strip():
                yield line

    def tabulate(self, lines: list[str], columns: Sequence[str]) -> pa.Table:
        """Return lines as a table; a damaged one is its own text."""
        table: dict[str, list[str | None]] = {name: [] for name in (*columns, REASON)}
        for line in lines:
            row, reason = parse_object(line)
            if row is None:
                row = {self.text_column: line}
            elif isinstance(row.get(self.text_column), (list, dict)):
                reason = f"{type(row[self.text_column]).__name__}, and no text"
            for name in columns:
                table[name].append(as_plain_text(row.get(name)))
            table[REASON].append(reason)
        if self.text_column in table:
            note_lost(table[self.text_column], self.encoding, self.notes)
        return pa.table({name: pa.array(column, pa.string()) for name, column in table.items()})


class ParquetSource:
    """A Parquet file, of which only the columns and groups of rows that are needed are read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: dict[str, int] = {}
        with self.errors():
            self.file = parquet.ParquetFile(path)
            self.names = self.file.schema_arrow.names
            self.rows = self.file.metadata.num_rows
        self.done = 0

    def errors(self) -> Any:
        """Return a context that reports damage in one sentence."""
        kinds = (OSError, ValueError, KeyError, TypeError, MemoryError, pa.ArrowException)
        return user_error(f"{self.path} is damaged", "copy or make it again", *kinds)

    def place(self) -> float:
        """Return the share of the rows that has been read."""
        return self.done / max(self.rows, 1)

    def chunks(self, columns: Sequence[str], needed: Needed) -> Iterator[Chunk]:
        """Yield all rows in order, each column in its own type."""
        require_columns(self.path, self.names, columns)
        for group in range(self.file.metadata.num_row_groups):
            rows = self.file.metadata.row_group(group).num_rows
            if rows and not needed(self.done, self.done + rows):
                self.done += rows
                yield Chunk(rows, None)
                continue
            batches = self.file.iter_batches(CHUNK, row_groups=[group], columns=list(columns))
            while (batch := self.next_batch(batches)) is not None:
                self.done += batch.num_rows
                reasons = pa.array([""] * batch.num_rows, pa.string())
                yield Chunk(
                    batch.num_rows,
                    pa.Table.from_batches([batch]).select(columns).append_column(REASON, reasons),
                )

    def next_batch(self, batches: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
        """Return the next rows, or None at the end."""
        with self.errors():
            return next(batches, None)


def in_chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield lists of rows."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def parse_object(line: str) -> tuple[dict[str, Any] | None, str]:
    """Return the JSON object in a line, or None and what is wrong with it."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None, "no JSON object"
    return (row, "") if isinstance(row, dict) else (None, "no JSON object")


def as_plain_text(value: Any) -> str | None:
    """Return a value of JSON as a text that can be written; None stays None."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if text.isascii() else HALF_LETTERS.sub(LOST, text)


def note_lost(texts: Iterable[str | None], encoding: str, notes: dict[str, int]) -> None:
    """Count the texts with characters that could not be decoded."""
    lost = sum(text is not None and LOST in text for text in texts)
    if lost:
        what = f"hold bytes that are no {encoding}, or {quote(LOST)} itself (see --encoding)"
        notes[what] = notes.get(what, 0) + lost


def texts_of(column: pa.ChunkedArray, path: Path, name: str) -> list[str | None]:
    """Return a column as a list of texts; what is missing is None.

    Raises `TweetsentError` for a column of lists or objects.
    """
    kind = column.type
    if pa.types.is_nested(kind):
        what = f"{path} has values of the type {kind} in its column {name!r}"
        raise TweetsentError(f"{what}: name a column of texts")
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    if not pa.types.is_string(column.type) and not is_bytes(column.type):
        column = column.cast(pa.string())
    try:
        values = column.to_pylist()
    except UnicodeDecodeError:
        values = column.cast(pa.binary()).to_pylist()
    return [
        value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values
    ]


def is_bytes(kind: pa.DataType) -> bool:
    """Tell whether a type of Arrow is one of bytes."""
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
