"""The people who label texts: a file for each of them, and the labels in it."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from tweetsent_utils.explore.by_hand import HandTable, Row

COLUMNS = ("label", "seconds")
LONGEST_NAME = 40


class LabelFiles:
    """The labels that people give to the same texts, in a file for each person."""

    def __init__(self, folder: Path, texts: Mapping[str, object], names: Sequence[str]) -> None:
        """`texts` holds the texts by row id; `names` are those of the classes."""
        self.folder = folder
        self.texts = texts
        self.names = names

    def open(self, person: str, only_read: bool = False) -> HandTable:
        """Open the labels of a person, whose name is a plain one."""
        path = self.folder / f"labels-{person}.csv"
        return HandTable(path, COLUMNS, self.texts, self.fits, only_read)

    def fits(self, row: Row) -> bool:
        """Tell whether a row of a file has a class of ours, and a time."""
        is_time = re.fullmatch(r"\d+(\.\d+)?", row["seconds"]) is not None
        return row["label"] in self.names and is_time

    def labels(self, person: str = "", table: HandTable | None = None) -> dict[str, dict[str, str]]:
        """Return the labels of all people who have given some, by person and by row id.

        Whoever labels now, a `person` whose `table` is open, comes first. A file of somebody else
        that is damaged gives what can be read of it.
        """
        names = sorted(
            path.stem.removeprefix("labels-") for path in self.folder.glob("labels-*.csv")
        )
        names = [name for name in names if name == plain_name(name) and name != person]
        tables = {person: table} if table else {}
        tables |= {name: self.open(name, only_read=True) for name in names}
        labels = {name: labels_in(table) for name, table in tables.items()}
        return {name: given for name, given in labels.items() if given}


def labels_in(table: HandTable) -> dict[str, str]:
    """Return the labels of a person by row id."""
    return {row_id: row["label"] for row_id, row in table.rows.items()}


def plain_name(name: str) -> str:
    """Return a person's name as a file can have it: small letters, digits and hyphens.

    >>> plain_name(" Ann B. ")
    'ann-b'
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "-", folded).strip("-")[:LONGEST_NAME].strip("-")
