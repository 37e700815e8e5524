"""The second sample: made by its generator, three classes without an order, UTF-8 with emoji."""

import csv

import make_library
import pytest
from make_library import LIBRARY

from tweetsent_utils.data.labels import class_names
from tweetsent_utils.data.reading import read_tweets
from tweetsent_utils.paths import PROJECT_ROOT
from tweetsent_utils.pipeline.parameters import gather_parameters


@pytest.fixture(scope="module")
def rows():
    with (LIBRARY / "messages.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_seed_0_gives_the_shipped_bytes_and_another_seed_others(tmp_path):
    shipped = (LIBRARY / "messages.csv").read_bytes()
    made = tmp_path / "messages.csv"
    make_library.make_messages(tmp_path, seed=0)
    assert made.read_bytes() == shipped
    make_library.make_messages(tmp_path, seed=1)
    assert made.read_bytes() != shipped


def test_its_parameter_file_reads_it_without_a_test_file_an_order_or_an_encoding(rows, capsys):
    given = gather_parameters(PROJECT_ROOT / "configs" / "library.yaml")
    assert not given["test_file"] and not given["date_column"]
    text, label = given["text_column"], given["label_column"]
    table = read_tweets(given["train_file"], text, label, given["encoding"])
    assert capsys.readouterr().out == ""  # UTF-8, which needs no word
    assert table[text].tolist() == [row["message"] for row in rows]
    names = class_names(table[label], given["label_order"])
    assert names == ["complaint", "praise", "question"]


def test_no_message_comes_twice(rows):
    texts = {row["message"] for row in rows}
    assert len(texts) == len(rows) == 600


def test_each_message_holds_a_sentence_of_its_class_and_of_no_other(rows):
    banks = make_library.read_banks()
    for row in rows:
        message = row["message"].lower()
        kinds = set()
        for kind in make_library.ROWS:
            sentences = [sentence for line in banks[kind] for sentence in line]
            if any(sentence.lower().rstrip("?") in message for sentence in sentences):
                kinds.add(kind)
        assert kinds == {row["kind"]}
