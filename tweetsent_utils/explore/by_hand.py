"""What somebody fills in by hand: kept in a file after each change, and never overwritten."""

import csv
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from filelock import FileLock, Timeout

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import read_whole_file, write_atomically, write_errors
from tweetsent_utils.paths import short_path

FOLDER = "by_hand"  # in the folder of a run
LOCK = ".lock"  # in that folder: whoever holds it may change a file there
PATIENCE = 10  # seconds to wait for somebody else who is writing
KEYS = ("row_id", "text_crc32")
# A spreadsheet takes 51888e47 or 03796520 for a number, and saves another one: a letter keeps a
# sum as it is. Sums without it are those of older files, which had no quotes before formulas.
SUM_BEGINS = "x"
OLDER_SUM = re.compile("[0-9a-f]{8}")
# A cell that begins like this is a formula to a spreadsheet, unless a quote comes before it
# (https://owasp.org/www-community/attacks/CSV_Injection).
QUOTE = "'"
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", QUOTE)

Row = dict[str, str]


def text_sum(text: object) -> str:
    """Return an x and eight digits that differ from text to text, so that others' are known."""
    return f"{SUM_BEGINS}{zlib.crc32(str(text).encode('utf-8', 'surrogatepass')):08x}"


class HandTable:
    """A CSV file that a person fills in, a row for each text; it never holds the text.

    Its columns are the row's id, the text's CRC-32, and `columns`. `rows` has what is in it about
    these texts, by row id. Rows about other texts, or with values that do not fit, are left alone:
    they stay in the file, and count again when they belong again. A file that cannot be read is put
    aside under another name, and `note` says so in a sentence; what can be read of it is kept.
    """

    def __init__(
        self,
        path: Path,
        columns: Sequence[str],
        texts: Mapping[str, object],
        fits: Callable[[Row], bool],
        only_read: bool = False,
    ) -> None:
        """`texts` holds the texts by row id; `fits` tells whether a row's other columns fit.

        With `only_read` the file stays as it is, damaged or not: somebody else fills it in.
        """
        self.path = path.absolute()
        self.columns = [*KEYS, *columns]
        self.sums = {row_id: text_sum(text) for row_id, text in texts.items()}
        self.fits = fits
        self.only_read = only_read
        self.all_rows: list[Row] = []  # of the file, in its order
        self.rows: dict[str, Row] = {}  # those about these texts
        self.note = ""
        self.known: bytes | None = None  # the file, as it was last read or written
        self.lock = FileLock(self.path.with_name(LOCK), timeout=PATIENCE)
        self.read()

    @property
    def name(self) -> str:
        """The file as a person is told it: from the project's folder on, or the whole path."""
        return short_path(self.path)

    def put(self, row_id: str, **values: str) -> None:
        """Fill in a row, and save it. Raises `TweetsentError` if the file cannot be written."""
        row = {"row_id": row_id, "text_crc32": self.sums[row_id], **values}
        self.replace(row_id, [row])

    def take_back(self, row_id: str) -> None:
        """Take a row out, and save that. Raises `TweetsentError` as `put` does."""
        self.replace(row_id, [])

    def replace(self, row_id: str, rows: list[Row]) -> None:
        """Put rows in the place of those about a text, in what the file holds by now."""
        with self.locked():
            self.read()
            others = [row for row in self.all_rows if not self.is_about(row, row_id)]
            if rows or len(others) < len(self.all_rows):
                self.save([*others, *rows])

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other notebooks from changing the file, so that nobody overwrites what they saved.

        Raises `TweetsentError` where the folder cannot be written to, or somebody keeps it locked.
        """
        with write_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self.lock.acquire()
            except Timeout:
                what = f"another program has been writing to {self.name} for {PATIENCE} seconds"
                raise TweetsentError(f"{what}: try again, or end it") from None
        try:
            yield
        finally:
            self.lock.release()

    def read(self) -> None:
        """Read the file if it is there and not as it was last read or written.

        So two notebooks, or two people, may fill in one file.
        """
        problem = self.find_problem()
        if problem and self.only_read:
            self.note = problem
        elif problem:
            try:
                with self.locked():
                    problem = self.find_problem()  # somebody else may have put it aside by now
                    if problem:
                        self.put_aside(problem)
            except TweetsentError as error:
                self.note = f"{problem}, and nothing new can be saved: {error}"

    def find_problem(self) -> str:
        """Read what can be read of the file, and return in words what cannot, or ""."""
        if not os.path.lexists(self.path):
            return ""
        try:
            content = read_whole_file(self.path)
            if content == self.known:
                return ""
            rows, problem = parse_rows(content, self.columns)
        except (TweetsentError, OSError, ValueError, csv.Error) as error:
            content, rows, problem = None, [], f"{self.name} cannot be read ({describe(error)})"
        if not problem:
            self.take(rows, content)
            return ""
        earlier = [row for row in self.all_rows if row not in rows]
        self.take([*earlier, *rows], None)  # what is there now is not ours to replace
        return problem if content is None else f"in {self.name}, {problem}"

    def take(self, rows: list[Row], content: bytes | None) -> None:
        """Make rows those of this table, and a file's content what is known of it."""
        self.all_rows, self.known = rows, content
        self.rows = {row["row_id"]: row for row in rows if self.is_about(row, row["row_id"])}

    def is_about(self, row: Row, row_id: str) -> bool:
        """Tell whether a row is about one of these texts, that with an id, and fits."""
        is_same_text = row["row_id"] == row_id and self.sums.get(row_id) == row["text_crc32"]
        return is_same_text and self.fits(row)

    def count_others(self) -> int:
        """Return how many rows of the file are about other texts, or have values that don't fit."""
        return sum(not self.is_about(row, row["row_id"]) for row in self.all_rows)

    def put_aside(self, what: str) -> None:
        """Give the file another name, note what was wrong with it, and save what was right."""
        numbers = range(1, 10_000)
        names = (self.path.with_name(f"{self.path.stem}.aside-{n}.csv") for n in numbers)
        aside = next(path for path in names if not os.path.lexists(path))
        try:
            os.replace(self.path, aside)
        except OSError as error:
            self.note = f"{what}, and it cannot be put aside ({describe(error)}): move it yourself"
            return
        self.note = f"{what}: the file as it was is now {aside.name}"
        if self.all_rows:
            self.save(self.all_rows)

    def save(self, rows: list[Row]) -> None:
        """Write the file, whole or not at all. Raises `TweetsentError` if that cannot be done."""
        if self.known is None and os.path.lexists(self.path):
            raise TweetsentError(f"{self.name} is in the way: move it; nothing is saved until then")
        content = write_rows(rows, self.columns)
        write_atomically(self.path, lambda file: file.write_bytes(content))
        self.take(rows, content)


def parse_rows(content: bytes, columns: Sequence[str]) -> tuple[list[Row], str]:
    """Return the rows of a CSV file that can be read, and in words how many cannot, or "".

    Raises `ValueError` and `csv.Error` where it is no such table at all.
    """
    # A spreadsheet may have put a mark before it.
    text = content.decode("utf-8-sig", "surrogatepass")
    reader = csv.DictReader(StringIO(text, newline=""), strict=True)
    if list(reader.fieldnames or []) != list(columns):
        raise ValueError(f"its columns are not {', '.join(columns)}")
    rows, damaged = [], 0
    try:
        for row in reader:
            if None in row or None in row.values():
                damaged += 1
            else:
                rows.append(read_cells(row))
    except csv.Error as error:
        return rows, f"what comes after row {len(rows):,} cannot be read ({describe(error)})"
    total = len(rows) + damaged
    return rows, f"{damaged:,} of {total:,} rows cannot be read" if damaged else ""


def write_rows(rows: Iterable[Row], columns: Sequence[str]) -> bytes:
    """Return rows as a CSV file."""
    file = StringIO(newline="")
    # The csv module quotes a \r or a \n in a cell only if lines end with them.
    writer = csv.DictWriter(file, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(map(write_cells, rows))
    return file.getvalue().encode("utf-8", "surrogatepass")


def write_cells(row: Row) -> Row:
    """Return a row with a quote before each cell that a spreadsheet would take for a formula."""
    if not row["text_crc32"].startswith(SUM_BEGINS):
        return row  # not of ours: it stays as it was
    return {column: write_cell(cell) for column, cell in row.items()}


def write_cell(cell: str) -> str:
    """Return a cell with a quote before it where a spreadsheet would take it for a formula."""
    return f"{QUOTE}{cell}" if cell.startswith(FORMULA_BEGINS) else cell


def read_cells(row: Row) -> Row:
    """Return a row without the quotes that `write_cells` adds; one of an older file with an x."""
    text_crc32 = row["text_crc32"]
    if OLDER_SUM.fullmatch(text_crc32):
        return row | {"text_crc32": SUM_BEGINS + text_crc32}
    if not text_crc32.startswith(SUM_BEGINS):
        return row
    return {column: cell.removeprefix(QUOTE) for column, cell in row.items()}


def describe(error: Exception) -> str:
    """Return what is wrong in an error's own words, on one line."""
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(words.split())[:200]
