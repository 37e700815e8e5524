"""What somebody fills in by hand: never lost, never overwritten, never on another text."""

import csv
import os
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from filelock import FileLock

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.explore.by_hand import LOCK, HandTable, text_sum

TEXTS = {"7": "tea", "8": 'milk, "fresh"', "9": "bread"}


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "run" / "by_hand" / "marks.csv"


def open_table(file: Path, texts: dict = TEXTS) -> HandTable:
    return HandTable(file, ["mark"], texts, lambda row: row["mark"] in ("good", "None", 'a,"b'))


def marks(table: HandTable) -> dict[str, str]:
    return {row_id: row["mark"] for row_id, row in table.rows.items()}


def csv_rows(file: Path) -> list[dict[str, str]]:
    with open(file, newline="") as lines:
        return list(csv.DictReader(lines))


def aside(file: Path) -> list[str]:
    return sorted(path.name for path in file.parent.glob("*.aside-*"))


def test_each_change_is_saved_at_once_and_read_again(file):
    table = open_table(file)
    assert not file.exists()
    table.put("7", mark="good")
    table.put("9", mark='a,"b')
    assert marks(open_table(file)) == {"7": "good", "9": 'a,"b'}
    table.put("7", mark="None")
    table.take_back("9")
    assert marks(open_table(file)) == {"7": "None"}
    assert "tea" not in file.read_text()
    assert not table.note


def test_two_notebooks_fill_in_one_file(file):
    one, other = open_table(file), open_table(file)
    one.put("7", mark="good")
    other.put("8", mark="good")
    one.put("9", mark="None")
    assert marks(open_table(file)) == {"7": "good", "8": "good", "9": "None"}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe\x00junk", id="bytes"),
        pytest.param(b"my,own,notes\n1,2,3\n", id="another table"),
        pytest.param(b'row_id,text_crc32,mark\n7,"', id="cut in a quote"),
    ],
)
def test_a_file_that_is_damaged_or_foreign_is_put_aside_as_it_is(file, content):
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    table = open_table(file)
    table.put("7", mark="good")
    assert aside(file) == ["marks.aside-1.csv"]
    assert file.with_name("marks.aside-1.csv").read_bytes() == content
    assert "marks.aside-1.csv" in table.note
    assert marks(open_table(file)) == {"7": "good"}


def test_rows_for_other_texts_stay_in_the_file_and_come_back(file):
    table = open_table(file)
    for row_id in TEXTS:
        table.put(row_id, mark="good")
    again = open_table(file, TEXTS | {"8": "another text", "9": "a third"})
    assert marks(again) == {"7": "good"}
    assert again.count_others() == 2
    again.put("8", mark="None")
    again.take_back("7")
    assert marks(open_table(file)) == {"8": "good", "9": "good"}
    assert marks(again) == {"8": "None"}
    assert not again.note
    assert not aside(file)


def test_rows_that_do_not_fit_now_are_left_as_they_are(file):
    HandTable(file, ["mark"], TEXTS, lambda row: True).put("7", mark="an earlier class")
    table = open_table(file)
    assert not table.rows
    table.put("7", mark="good")
    assert marks(open_table(file)) == {"7": "good"}
    assert "an earlier class" in file.read_text()


@pytest.mark.parametrize("end", ['8,"cut', "8,too,many,cells\n", "8\n"])
def test_of_a_file_that_is_damaged_in_part_the_rest_stays(file, end):
    table = open_table(file)
    table.put("7", mark="good")
    damaged = file.read_text() + end
    file.write_text(damaged, newline="")
    again = open_table(file)
    assert marks(again) == {"7": "good"}
    assert file.with_name("marks.aside-1.csv").read_text() == damaged
    assert "marks.aside-1.csv" in again.note
    again.put("8", mark="good")
    assert marks(open_table(file)) == {"7": "good", "8": "good"}


def test_a_file_without_letters_before_its_sums_is_still_read(file):
    file.parent.mkdir(parents=True)
    older = text_sum("tea").removeprefix("x")
    file.write_text(f"row_id,text_crc32,mark\n7,{older},good\n9,5.1E+51,good\n")
    table = open_table(file)
    table.put("8", mark="good")
    assert marks(open_table(file)) == {"7": "good", "8": "good"}
    assert "9,5.1E+51,good" in file.read_text()


CELLS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "a\rb",
    "a\nb",
    "'",
    "''=",
    ' "',
    "\0",
    "\ud83d",
]


def test_no_cell_is_a_number_or_a_formula_to_a_spreadsheet_and_all_are_read_as_they_were(file):
    texts = {str(number): f"text {number}" for number in range(len(CELLS))}
    table = HandTable(file, ["mark"], texts, lambda row: True)
    for row_id, cell in zip(texts, CELLS, strict=True):
        table.put(row_id, mark=cell)
    again = HandTable(file, ["mark"], texts, lambda row: True)
    assert list(marks(again).values()) == CELLS
    with open(file, newline="", errors="replace", encoding="utf-8") as lines:
        cells = [cell for row in csv.reader(lines) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert all(row["text_crc32"].startswith("x") for row in again.rows.values())


def fill(file: Path, first: int, barrier: Barrier) -> None:
    """Mark every other text, as one of two people."""
    texts = {str(number): f"text {number}" for number in range(40)}
    table = HandTable(file, ["mark"], texts, lambda row: True)
    barrier.wait(60)
    for number in range(first, 40, 2):
        table.put(str(number), mark="good")


def test_two_processes_that_write_at_once_lose_nothing(file):
    context = get_context("spawn")
    barrier = context.Barrier(2)
    people = [context.Process(target=fill, args=(file, first, barrier)) for first in (0, 1)]
    for person in people:
        person.start()
    for person in people:
        person.join(120)
    assert [person.exitcode for person in people] == [0, 0]
    assert len(csv_rows(file)) == 40
    assert not aside(file)


def test_a_change_that_cannot_be_saved_is_none(file):
    table = open_table(file)
    table.put("7", mark="good")
    with FileLock(file.with_name(LOCK)):
        table.lock.timeout = 0
        with pytest.raises(TweetsentError, match="another program"):
            table.put("8", mark="good")
        with pytest.raises(TweetsentError):
            table.take_back("7")
    assert marks(table) == marks(open_table(file)) == {"7": "good"}


def test_a_file_that_is_damaged_meanwhile_costs_no_row(file):
    table = open_table(file)
    table.put("7", mark="good")
    file.write_bytes(b"junk")
    table.put("8", mark="good")
    assert marks(open_table(file)) == {"7": "good", "8": "good"}
    file.unlink()
    table.put("9", mark="good")
    assert list(marks(open_table(file))) == ["7", "8", "9"]


def test_what_somebody_else_fills_in_is_only_read(file):
    file.parent.mkdir(parents=True)
    file.write_bytes(b"junk")
    table = HandTable(file, ["mark"], TEXTS, lambda row: True, only_read=True)
    assert not table.rows
    assert file.read_bytes() == b"junk"
    assert not aside(file)


def test_a_folder_that_cannot_be_written_to_is_told_and_the_file_stays(file, monkeypatch):
    table = open_table(file)
    table.put("7", mark="good")
    before = file.read_bytes()

    def refuse(*paths: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        with pytest.raises(TweetsentError, match="No space left"):
            table.put("8", mark="good")
        assert marks(table) == {"7": "good"}
        file.write_bytes(b"junk")
        with pytest.raises(TweetsentError, match="in the way"):
            table.put("9", mark="good")
        assert "cannot be put aside" in table.note
    file.write_bytes(before)
    table.put("9", mark="good")
    assert "7" in marks(open_table(file))
