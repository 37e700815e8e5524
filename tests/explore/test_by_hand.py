"""What somebody fills in by hand: never lost, never overwritten, never on another text."""

import os
from pathlib import Path

import pytest

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.explore.by_hand import HandTable

TEXTS = {"7": "tea", "8": 'milk, "fresh"', "9": "bread"}


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "run" / "by_hand" / "marks.csv"


def open_table(file: Path, texts: dict = TEXTS) -> HandTable:
    return HandTable(file, ["mark"], texts, lambda row: row["mark"] in ("good", "None", 'a,"b'))


def marks(table: HandTable) -> dict[str, str]:
    return {row_id: row["mark"] for row_id, row in table.rows.items()}


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


def test_rows_for_other_texts_are_put_aside_and_the_rest_stays(file):
    table = open_table(file)
    for row_id in TEXTS:
        table.put(row_id, mark="good")
    before = file.read_bytes()
    again = open_table(file, TEXTS | {"8": "another text", "9": "a third"})
    assert marks(again) == {"7": "good"}
    assert "2 of 3 rows" in again.note
    assert file.with_name("marks.aside-1.csv").read_bytes() == before
    open_table(file, {"1": "x"})
    assert aside(file) == ["marks.aside-1.csv", "marks.aside-2.csv"]


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
        file.write_bytes(b"junk")
        with pytest.raises(TweetsentError, match="in the way"):
            table.put("9", mark="good")
        assert "cannot be put aside" in table.note
    file.write_bytes(before)
    table.put("9", mark="good")
    assert "7" in marks(open_table(file))
