"""Files of any size: every row comes once, in its place, whatever is wrong with it."""

import bz2
import gzip
import json
import os
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tweetsent_utils.data import corpus, separated, streams
from tweetsent_utils.data.corpus import (
    REASON,
    cut_into_blocks,
    list_files,
    open_source,
    texts_of,
)
from tweetsent_utils.errors import TweetsentError


def read(path: Path, columns=("id", "text"), rows: int = 1000, encoding: str = ""):
    """Return a file's rows as (values ..., reason), and its source."""
    source = open_source(path, "text", encoding)
    blocks = list(cut_into_blocks(source, columns, rows))
    assert [block.number for block in blocks] == list(range(len(blocks)))
    assert [block.is_last for block in blocks] == [False] * (len(blocks) - 1) + [True]
    table = pa.concat_tables([block.table for block in blocks])
    return list(zip(*(table[name].to_pylist() for name in (*columns, REASON)), strict=True)), source


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_csv_gives_each_row_and_damage_keeps_its_place(tmp_path):
    content = 'id,text\r\n1,good\r\n2,a,b,c\r\n\r\n3,"two\r\r\nlines, ""so"""\r\n4\r\n5,"caf\u00e9"'
    rows, _ = read(write(tmp_path / "a.csv", content))
    assert rows == [
        ("1", "good", ""),
        (None, "2,a,b,c\r\n", "4 fields instead of 2"),
        ("3", 'two\r\r\nlines, "so"', ""),
        (None, "4\r\n", "1 fields instead of 2"),
        ("5", "caf\u00e9", ""),
    ]


LONE = 'id,text\n1,a\n2,b\n3,c\n4,d\n5,e\n6,"lone\n7,f\n8,{}\n9,h\n'


@pytest.mark.parametrize("later", ["g", '"quoted, too"', 'another lone"', '"'])
def test_a_quote_that_nothing_closes_swallows_no_row(tmp_path, later):
    rows, source = read(write(tmp_path / "a.csv", LONE.format(later)))
    assert [row[0] for row in rows] == [str(number) for number in range(1, 10)]
    assert rows[5][1] == '"lone'
    assert rows[8] == ("9", "h", "")
    (what, count), *_ = source.notes.items()
    assert "quote" in what and count >= 1


def test_a_lone_quote_far_from_the_end_is_given_up_after_so_many_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(separated, "MOST_LINES", 5)
    body = "".join(f"{number},text {number}\n" for number in range(40))
    rows, _ = read(write(tmp_path / "a.csv", f'id,text\n98,"lone\n{body}99,end\n'))
    assert [row[0] for row in rows] == ["98", *map(str, range(40)), "99"]


def test_lines_of_one_text_stay_one_text_though_they_have_commas(tmp_path):
    content = 'id,text\n1,"shops, and\nqueues, and\nmore"\n2,"so\n2021, was"\n'
    rows, _ = read(write(tmp_path / "a.csv", content))
    assert rows == [("1", "shops, and\nqueues, and\nmore", ""), ("2", "so\n2021, was", "")]


def test_quotes_of_a_plain_tsv_are_letters(tmp_path):
    content = 'id\ttext\n1\t"hello" she said\n2\t"open\n3\tend"\n'
    rows, _ = read(write(tmp_path / "a.tsv", content))
    assert rows == [("1", '"hello" she said', ""), ("2", '"open', ""), ("3", 'end"', "")]


def test_semicolons_and_a_second_header_are_known(tmp_path):
    rows, _ = read(write(tmp_path / "a.csv", "id;text\n1;a, b\nid;text\n2;c\n"))
    assert rows == [("1", "a, b", ""), (None, "id;text\n", "the header once more"), ("2", "c", "")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_encoding_is_guessed(tmp_path, encoding):
    content = "id,text\n1,caf\u00e9 \u20ac\n2,na\u00efve\n".encode(encoding)
    rows, _ = read(write(tmp_path / "a.csv", content))
    assert rows == [("1", "caf\u00e9 \u20ac", ""), ("2", "na\u00efve", "")]


def test_a_byte_that_cannot_be_read_costs_no_row_and_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "SAMPLE", 64)
    body = "".join(f"{number},caf\u00e9\n" for number in range(20)).encode()
    rows, source = read(write(tmp_path / "a.csv", b"id,text\n" + body + b"20,caf\xe9\n"))
    assert len(rows) == 21 and rows[20] == ("20", "caf\ufffd", "")
    assert list(source.notes.values()) == [1]
    assert "--encoding" in next(iter(source.notes))


def test_utf_8_that_an_encoding_would_garble_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", "id,text\n1,caf\u00e9\n")
    with pytest.raises(TweetsentError, match="cp1252 garbles"):
        open_source(path, "text", "cp1252")
    with pytest.raises(TweetsentError, match="encoding is 'klingon'"):
        open_source(path, "text", "klingon")


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".zst"])
def test_packed_files_are_read_and_a_half_one_is_refused(tmp_path, ending):
    content = ("id,text\n" + "".join(f"{n},text number {n}\n" for n in range(30_000))).encode()
    pack = {
        ".gz": lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:]),
        ".bz2": bz2.compress,
        ".zst": lambda data: pa.compress(data, "zstd", asbytes=True),
    }[ending]
    packed = pack(content)
    rows, source = read(write(tmp_path / f"a.csv{ending}", packed))
    assert [row[0] for row in rows] == [str(number) for number in range(30_000)]
    assert source.place() == 1
    half = write(tmp_path / f"half.csv{ending}", packed[: len(packed) // 2])
    with pytest.raises(TweetsentError, match=r"half\.csv.* is damaged"):
        read(half)


def test_json_lines_keep_rows_that_are_none(tmp_path):
    lines = [
        '{"id": 7, "text": "good", "more": {"a": [1]}}',
        "",
        '{"id": "8"}',
        "{broken",
        "[1, 2]",
        '{"text": ["a", "list"], "id": null}',
        '{"text": "half \\ud83d", "id": 9}',
        '{"text": 19, "id": true}',
    ]
    rows, _ = read(write(tmp_path / "a.jsonl", "\n".join(lines)), ("id", "text", "more"))
    assert rows == [
        ("7", "good", '{"a": [1]}', ""),
        ("8", None, None, ""),
        (None, "{broken\n", None, "no JSON object"),
        (None, "[1, 2]\n", None, "no JSON object"),
        (None, '["a", "list"]', None, "list, and no text"),
        ("9", "half \ufffd", None, ""),
        ("true", "19", None, ""),
    ]


def parquet_file(path: Path, rows: int = 10, group: int = 3) -> Path:
    table = pa.table({"id": range(rows), "text": [f"text {number}" for number in range(rows)]})
    parquet.write_table(table, path, row_group_size=group)
    return path


def test_parquet_keeps_the_types_of_its_columns(tmp_path):
    rows, _ = read(parquet_file(tmp_path / "a.parquet"), rows=4)
    assert rows == [(number, f"text {number}", "") for number in range(10)]


def test_a_damaged_parquet_file_is_one_sentence(tmp_path):
    path = parquet_file(tmp_path / "a.parquet", 5_000)
    data = bytearray(path.read_bytes())
    with pytest.raises(TweetsentError, match=r"half\.parquet is damaged"):
        read(write(tmp_path / "half.parquet", bytes(data[: len(data) // 2])))
    data[100:3000] = b"\xff" * 2900
    with pytest.raises(TweetsentError, match=r"bytes\.parquet is damaged"):
        read(write(tmp_path / "bytes.parquet", bytes(data)))


def test_only_the_blocks_that_are_needed_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "CHUNK", 2)
    content = "id,text\n" + "".join(f"{number},x\n" for number in range(10))
    for path in (write(tmp_path / "a.csv", content), parquet_file(tmp_path / "a.parquet", 10, 2)):
        source = open_source(path, "text")
        blocks = list(cut_into_blocks(source, ["id"], 4, lambda number: number == 1))
        assert [block.table is not None for block in blocks] == [False, True, False]
        assert [int(number) for number in blocks[1].table["id"].to_pylist()] == [4, 5, 6, 7]
        assert [block.is_last for block in blocks] == [False, False, True]


def test_a_file_without_rows_is_one_block_without_rows(tmp_path):
    rows, _ = read(write(tmp_path / "a.csv", "id,text\n"))
    assert rows == []
    rows, _ = read(parquet_file(tmp_path / "a.parquet", 0))
    assert rows == []


def test_a_file_of_as_many_rows_as_a_block_has_no_second(tmp_path):
    source = open_source(parquet_file(tmp_path / "a.parquet", 8), "text")
    assert [block.is_last for block in cut_into_blocks(source, ["id"], 4)] == [False, True]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "id,words\n1,a\n", "no column 'text'.*'id', 'words'"),
        ("a.csv", "text,text\n1,a\n", "two columns 'text'"),
        ("a.csv", "", "no column 'text'.*none at all"),
        ("a.jsonl", '{"id": 1}', "no column 'text'.*'id'"),
        ("a.parquet", "no parquet", "a.parquet is damaged"),
        ("a.csv.gz", "no gzip", "a.csv.gz is damaged"),
    ],
)
def test_a_file_that_cannot_be_scored_is_refused_before_it_is_read(tmp_path, name, content, said):
    with pytest.raises(TweetsentError, match=said):
        open_source(write(tmp_path / name, content), "text")


def test_texts_are_strings_whatever_their_type(tmp_path):
    column = pa.chunked_array([["a", None, "a"]]).dictionary_encode()
    assert texts_of(column, tmp_path, "text") == ["a", None, "a"]
    assert texts_of(pa.chunked_array([[1, None]]), tmp_path, "text") == ["1", None]
    assert texts_of(pa.chunked_array([[b"a\xff"]]), tmp_path, "text") == ["a\ufffd"]
    with pytest.raises(TweetsentError, match="column 'text'"):
        texts_of(pa.chunked_array([[["a"]]]), tmp_path, "text")


def test_files_are_found_by_name_pattern_and_folder_each_once(tmp_path):
    for name in ("b.csv", "a.csv", "deep/c.jsonl.gz", "deep/readme.txt", "out/d.parquet"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write(tmp_path / name, json.dumps({}))
    inputs = [str(tmp_path / "b.csv"), str(tmp_path / "*.csv"), str(tmp_path)]
    found = list_files(inputs, leave_out=tmp_path / "out")
    assert [path.name for path in found] == ["b.csv", "a.csv", "c.jsonl.gz"]
    with pytest.raises(TweetsentError, match="no file fits"):
        list_files([str(tmp_path / "*.tsv")], tmp_path / "out")
    with pytest.raises(TweetsentError, match="no known format"):
        list_files([str(tmp_path / "deep" / "readme.txt")], tmp_path / "out")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_what_has_no_end_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(TweetsentError, match="is a pipe"):
        list_files([str(tmp_path / "a.csv")], tmp_path / "out")
