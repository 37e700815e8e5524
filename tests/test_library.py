"""The second sample: made by its generator, three classes without an order, UTF-8 with emoji."""

import csv
import importlib.util
from collections import Counter
from pathlib import Path

import pytest

from tweetsent_utils.parameters import gather_parameters
from tweetsent_utils.reading import class_names, read_tweets

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "data" / "library"
spec = importlib.util.spec_from_file_location("make_messages", FOLDER / "make_messages.py")
make_messages = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make_messages)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (FOLDER / "messages.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_seed_0_gives_the_shipped_bytes_and_another_seed_others(tmp_path):
    make_messages.make_messages(tmp_path, seed=0)
    assert (tmp_path / "messages.csv").read_bytes() == (FOLDER / "messages.csv").read_bytes()
    make_messages.make_messages(tmp_path, seed=1)
    assert (tmp_path / "messages.csv").read_bytes() != (FOLDER / "messages.csv").read_bytes()


def test_its_parameter_file_reads_it_without_a_test_file_an_order_or_an_encoding(rows, capsys):
    given = gather_parameters(ROOT / "notebooks" / "params" / "library.yaml")
    table = read_tweets(given["train_file"], given["text_column"], given["label_column"], given["encoding"])
    assert capsys.readouterr().out == ""  # UTF-8, which needs no word
    assert table[given["text_column"]].tolist() == [row["message"] for row in rows]
    assert class_names(table[given["label_column"]], given["label_order"]) == ["complaint", "praise", "question"]
    assert not given["test_file"] and not given["date_column"]


def test_messages_are_as_the_page_says(rows):
    assert len(rows) == 600 == sum(make_messages.ROWS.values())
    assert Counter(row["kind"] for row in rows) == make_messages.ROWS
    texts = [row["message"] for row in rows]
    assert len(set(texts)) == len(texts)
    assert 0.25 < sum(any(emoji in text for emoji in make_messages.EMOJI) for text in texts) / len(texts) < 0.45


def test_each_message_holds_a_sentence_of_its_class_and_of_no_other(rows):
    banks = make_messages.read_banks()
    sentences = {kind: [s.lower().rstrip("?") for line in banks[kind] for s in line] for kind in make_messages.ROWS}
    for row in rows:
        held = {kind for kind, known in sentences.items() if any(s in row["message"].lower() for s in known)}
        assert held == {row["kind"]}


def test_the_banks_are_large_and_have_no_line_twice():
    banks = make_messages.read_banks()
    assert set(banks) == {"opening", "closing", "context", *make_messages.ROWS}
    for kind, lines in banks.items():
        assert len(lines) == 60 or kind not in make_messages.ROWS
        flat = [sentence for line in lines for sentence in line]
        assert len(set(flat)) == len(flat)
        assert all(sentence.strip() and not set(sentence) & set("{}|") for sentence in flat)
