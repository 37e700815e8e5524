"""What somebody fills in by hand: kept in a file after each change, and never overwritten."""

import csv
import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from pathlib import Path

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import read_whole_file, write_atomically

FOLDER = "by_hand"  # in the folder of a run
KEYS = ("row_id", "text_crc32")

Row = dict[str, str]


def text_sum(text: object) -> str:
    """Return eight digits that differ from text to text, so that ids of others' rows are known."""
    return f"{zlib.crc32(str(text).encode('utf-8', 'surrogatepass')):08x}"


class HandTable:
    """A CSV file that a person fills in, a row for each text; it never holds the text.

    Its columns are the row's id, the text's CRC-32, and `columns`. `rows` has what is in it, by
    row id. What was damaged when it was read, or `fits` says does not belong to these texts, is
    put aside under another name; `note` then says so in a sentence. What fits is kept.
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
        self.path = path
        self.columns = [*KEYS, *columns]
        self.sums = {row_id: text_sum(text) for row_id, text in texts.items()}
        self.fits = fits
        self.only_read = only_read
        self.rows: dict[str, Row] = {}
        self.note = ""
        self.known: bytes | None = None  # the file, as it was last read or written
        self.read()

    @property
    def name(self) -> str:
        """The file as a person is told it: run/by_hand/file."""
        return "/".join(self.path.absolute().parts[-3:])

    def put(self, row_id: str, **values: str) -> None:
        """Fill in a row, and save it. Raises `TweetsentError` if the file cannot be written."""
        self.read()
        self.rows[row_id] = {"row_id": row_id, "text_crc32": self.sums[row_id], **values}
        self.save()

    def take_back(self, row_id: str) -> None:
        """Take a row out, and save that. Raises `TweetsentError` as `put` does."""
        self.read()
        if self.rows.pop(row_id, None):
            self.save()

    def read(self) -> None:
        """Read the file if it is there and not as it was last read or written.

        So two notebooks, or two people, may fill in one file.
        """
        if not os.path.lexists(self.path):
            return
        try:
            content = read_whole_file(self.path)
            if content == self.known:
                return
            rows = parse_rows(content, self.columns)
        except (TweetsentError, OSError, ValueError, csv.Error) as error:
            self.put_aside(f"{self.name} cannot be read ({describe(error)})")
            return
        fitting = {row["row_id"]: row for row in rows if self.is_own(row)}
        if len(fitting) < len(rows):
            others = len(rows) - len(fitting)
            what = f"{others:,} of {len(rows):,} rows of {self.name} are for other texts or classes"
            self.put_aside(what)
            self.rows = fitting
            if fitting and not os.path.lexists(self.path):
                self.save()
        else:
            self.rows, self.known = fitting, content

    def is_own(self, row: Row) -> bool:
        """Tell whether a row is whole, and about one of these texts."""
        is_whole = None not in row and None not in row.values()
        return is_whole and self.sums.get(row["row_id"]) == row["text_crc32"] and self.fits(row)

    def put_aside(self, what: str) -> None:
        """Give the file another name, and note what was wrong with it."""
        if self.only_read:
            self.note = what
            return
        self.known = None  # what is there now is not ours to replace
        numbers = range(1, 10_000)
        names = (self.path.with_name(f"{self.path.stem}.aside-{n}.csv") for n in numbers)
        aside = next(path for path in names if not os.path.lexists(path))
        try:
            os.replace(self.path, aside)
        except OSError as error:
            self.note = f"{what}, and it cannot be put aside ({describe(error)}): move it yourself"
            return
        self.note = f"{what}: it is put aside as {aside.name}"

    def save(self) -> None:
        """Write the file, whole or not at all. Raises `TweetsentError` if that cannot be done."""
        if self.known is None and os.path.lexists(self.path):
            raise TweetsentError(f"{self.name} is in the way: move it; nothing is saved until then")
        content = write_rows(self.rows.values(), self.columns)
        write_atomically(self.path, lambda file: file.write_bytes(content))
        self.known = content


def parse_rows(content: bytes, columns: Sequence[str]) -> list[Row]:
    """Return the rows of a CSV file, or raise `ValueError` where it has other columns."""
    text = content.decode("utf-8-sig")  # a spreadsheet may have put a mark before it
    reader = csv.DictReader(StringIO(text, newline=""), strict=True)
    if list(reader.fieldnames or []) != list(columns):
        raise ValueError(f"its columns are not {', '.join(columns)}")
    return list(reader)


def write_rows(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    """Return rows as a CSV file."""
    file = StringIO(newline="")
    writer = csv.DictWriter(file, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode("utf-8")


def describe(error: Exception) -> str:
    """Return what is wrong in an error's own words, on one line."""
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(words.split())[:200]
