"""Splits that can be trusted and repeated, and token ids that come back from disk as they were."""

import pandas as pd
import pytest
from conftest import notebook_functions
from transformers import AutoTokenizer

from tweetsent_utils.dataset import TweetDataset, load_split, tokenize
from tweetsent_utils.encoder import load_tokenizer
from tweetsent_utils.errors import TweetsentError

save_split = notebook_functions("02").save_split

notebook = notebook_functions("02")
split_rows, sample_rows, split_latest = notebook.split_rows, notebook.sample_rows, notebook.split_latest
NAMES = ["awful", "bad", "so so", "good", "great"]
CLASS_SIZES = {0: 130, 1: 240, 2: 77, 3: 311, 4: 42}


@pytest.fixture
def labels() -> pd.Series:
    """800 labels of five unequal classes, mixed, indexed by row ids that are no plain range."""
    values = pd.Series([label for label, size in CLASS_SIZES.items() for _ in range(size)])
    return values.sample(frac=1, random_state=1).set_axis(range(5, 5 + 3 * len(values), 3))


def test_split_is_disjoint_complete_and_in_file_order(labels):
    train, validation = split_rows(labels, NAMES, 5000, 0.2, seed=0)
    assert sorted([*train, *validation]) == list(labels.index)
    assert list(train) == sorted(train)
    assert list(validation) == sorted(validation)


def test_split_keeps_every_class_share_within_a_row(labels):
    train, validation = split_rows(labels, NAMES, 5000, 0.2, seed=0)
    for label, size in CLASS_SIZES.items():
        assert abs((labels[validation] == label).sum() - size * 160 / 800) <= 1
        assert abs((labels[train] == label).sum() - size * 640 / 800) <= 1


def test_validation_gets_the_rows_asked_for_or_the_share_where_that_is_fewer(labels):
    def sizes(rows: int, share: float) -> list[int]:
        return [len(part) for part in split_rows(labels, NAMES, rows, share, 0)]

    assert sizes(5000, 0.2) == [640, 160]
    assert sizes(100, 0.2) == [700, 100]
    big = pd.Series([0, 1] * 20_578)
    assert len(split_rows(big, NAMES, 5000, 0.2, 0)[1]) == 5000


def test_same_seed_same_split_other_seed_other_split(labels):
    first, again, other = (split_rows(labels, NAMES, 5000, 0.2, seed)[1].tolist() for seed in (7, 7, 8))
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("sizes", "rows", "sentence"),
    [
        ((50, 1), 10, "the class 'bad' has one training tweet"),
        ((50,), 10, "every training tweet is 'awful': give tweets of two classes"),
        ((50, 50, 50), 2, "150 training tweets cannot give 2 to validation and keep every class on both sides"),
        ((3, 3), 0, "6 training tweets cannot give 0 to validation"),
        ((2, 8), 9, "10 training tweets cannot give 9 to validation"),
    ],
)
def test_too_few_tweets_for_a_split_are_told(sizes, rows, sentence):
    small = pd.Series([label for label, size in enumerate(sizes) for _ in range(size)], dtype=int)
    with pytest.raises(TweetsentError, match=sentence):
        split_rows(small, NAMES, rows, 0.9, 0)


def by_day(days: list[str], labels: list[int], rows: int, share: float = 0.9) -> tuple[list, list]:
    """What `split_latest` gives to train and to validation, for rows that are numbered from 10."""
    index = range(10, 10 + len(days))
    series = pd.Series(pd.to_datetime(days), index), pd.Series(labels, index)
    train, validation = split_latest(series[1], series[0], NAMES, rows, share)
    return list(train), list(validation)


def test_validation_by_day_takes_the_last_whole_days_wherever_they_stand_in_the_file():
    days = ["2020-04-02", "2020-03-30", "2020-04-01", "2020-04-02", "2020-03-31", "2020-03-31"]
    labels = [0, 1, 1, 1, 0, 1]
    assert by_day(days, labels, 2) == ([11, 12, 14, 15], [10, 13])
    assert by_day(days, labels, 1) == ([11, 12, 14, 15], [10, 13])  # the whole last day
    assert by_day(days, labels, 3) == ([11, 14, 15], [10, 12, 13])
    assert by_day(days, labels, 100, share=0.5) == ([11, 14, 15], [10, 12, 13])


def test_rows_are_held_back_the_way_that_the_parameter_says(monkeypatch, labels):
    names = notebook.hold_back.__globals__
    days = pd.Series(pd.date_range("2020-03-01", periods=len(labels)), labels.index)
    for name, value in {"days": days, "size": (NAMES, 5000, 0.2), "validation_split": "random"}.items():
        monkeypatch.setitem(names, name, value)
    drawn = notebook.hold_back(labels, 3)
    assert [part.tolist() for part in drawn] == [part.tolist() for part in split_rows(labels, NAMES, 5000, 0.2, 3)]
    monkeypatch.setitem(names, "validation_split", "latest")
    assert notebook.hold_back(labels, 3)[1].tolist() == labels.index[-160:].tolist()
    half = labels[:400]  # what carving has left
    assert notebook.hold_back(half, 3)[1].tolist() == half.index[-80:].tolist()


@pytest.mark.parametrize(
    ("days", "labels", "sentence"),
    [
        (["2020-03-30", None, "2020-03-31"], [0, 1, 0], "data row 12 has no day .1 such rows.: set date_column"),
        (["2020-03-30"] * 3 + ["2020-03-31"], [0, 1, 0, 0], "'bad' stands on one side only of a split at 2020-03-31"),
        (["2020-03-30"] * 4, [0, 1, 0, 1], "stands on one side only of a split at 2020-03-30"),
    ],
)
def test_days_that_cannot_be_split_are_told(days, labels, sentence):
    with pytest.raises(TweetsentError, match=sentence):
        by_day(days, labels, 1)


def test_sample_rows_draws_a_stratified_seeded_part_in_file_order(labels):
    part = sample_rows(labels, 100, seed=3)
    assert len(part) == 100
    assert list(part.index) == sorted(part.index)
    assert part.equals(labels[part.index])
    assert all(abs((part == label).sum() - size / 8) <= 1 for label, size in CLASS_SIZES.items())
    assert sample_rows(labels, 100, seed=3).equals(part)
    assert not sample_rows(labels, 100, seed=4).index.equals(part.index)


@pytest.mark.parametrize("max_rows", [0, 800, 801])
def test_sample_rows_keeps_all_when_there_is_nothing_to_cut(labels, max_rows):
    assert sample_rows(labels, max_rows, 0).equals(labels)


@pytest.mark.parametrize("max_rows", [3, 798])
def test_sample_rows_takes_or_leaves_fewer_rows_than_there_are_classes(labels, max_rows):
    assert len(sample_rows(labels, max_rows, 0)) == max_rows


def test_tokenize_gives_each_texts_own_ids_cut_and_unpadded(tiny_encoder):
    texts = ["good people help", "panic", "", "the queue " * 50]
    rows = tokenize(texts, load_tokenizer(tiny_encoder, "raw", 12))
    own = AutoTokenizer.from_pretrained(tiny_encoder)
    assert rows[:3] == [own(text)["input_ids"] for text in texts[:3]]
    assert len(rows[3]) == 12
    assert rows[3] == [*own(texts[3])["input_ids"][:11], own.sep_token_id]


def test_split_comes_back_from_disk_as_it_was(tmp_path):
    table = pd.DataFrame({"row_id": [4, 9, 11], "text": ["a\r\r\nb", "\u00c2\x92 é", "NA"], "label": [0, 4, 2]}).assign(
        day=["2020-03-16", "", "2020-04-01"], input_ids=[[2, 7, 3], [2, 3], [2, 9, 9, 9, 3]]
    )
    save_split(tmp_path, "validation", table)
    loaded = load_split(tmp_path, "validation")
    assert loaded.drop(columns="input_ids").equals(table.drop(columns="input_ids"))
    assert [list(ids) for ids in loaded["input_ids"]] == table["input_ids"].tolist()
    assert [path.name for path in (tmp_path / "dataset").iterdir()] == ["validation.parquet"]


def test_split_that_was_never_made_names_the_notebook_that_makes_it(tmp_path):
    with pytest.raises(TweetsentError, match=r"train\.parquet.*02_dataset_creation"):
        load_split(tmp_path, "train")


@pytest.mark.parametrize("through_disk", [False, True])
def test_dataset_gives_each_tweet_with_row_id_tokens_and_label(tmp_path, through_disk):
    table = pd.DataFrame({"row_id": [5, 3], "text": ["x", "y"], "label": [1, 0], "input_ids": [[2, 8, 3], [2, 3]]})
    if through_disk:
        save_split(tmp_path, "train", table.assign(day=""))
        table = load_split(tmp_path, "train")
    dataset = TweetDataset(table)
    assert len(dataset) == 2
    assert dataset.lengths == [3, 2]
    items = [dataset[0], dataset[1]]
    assert items == [{"row_id": 5, "input_ids": [2, 8, 3], "label": 1}, {"row_id": 3, "input_ids": [2, 3], "label": 0}]
    assert {type(value) for item in items for value in (item["row_id"], item["label"], *item["input_ids"])} == {int}
