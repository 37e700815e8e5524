"""A split's files: what comes back from disk is what went there."""

import hashlib

import pandas as pd
import pytest

from tweetsent_utils.data.dataset import TweetDataset, tokenize_split
from tweetsent_utils.data.split_files import COLUMNS, load_meta, load_split, save_dataset
from tweetsent_utils.data.tokenizing import load_tokenizer
from tweetsent_utils.errors import TweetsentError

TABLE = pd.DataFrame(
    {
        "row_id": [4, 9, 11],
        "text": ["a\r\r\nb", "\u00c2\x92 é", "NA"],
        "label": [0, 4, 2],
        "day": ["2020-03-16", "", "2020-04-01"],
        "input_ids": [[2, 7, 3], [2, 3], [2, 9, 9, 9, 3]],
    }
)


@pytest.fixture
def run(tmp_path, tiny_encoder):
    """A run's folder that holds a dataset."""
    tokenizer = load_tokenizer(tiny_encoder, "words", 64)
    tables = {"train": TABLE[:1], "validation": TABLE}
    save_dataset(tmp_path, tables, tokenizer, {"label_order": ["low", "high"]})
    return tmp_path


def test_split_and_its_tweets_come_back_from_disk_as_they_were(run):
    loaded = load_split(run, "validation")
    assert loaded.drop(columns="input_ids").equals(TABLE.drop(columns="input_ids"))
    dataset = TweetDataset(loaded)
    assert dataset.lengths == [3, 2, 5]
    assert [dataset[index] for index in range(len(dataset))] == [
        {"row_id": 4, "input_ids": [2, 7, 3], "label": 0},
        {"row_id": 9, "input_ids": [2, 3], "label": 4},
        {"row_id": 11, "input_ids": [2, 9, 9, 9, 3], "label": 2},
    ]


def test_missing_split_names_the_notebook_that_makes_it(tmp_path):
    with pytest.raises(TweetsentError, match=r"train\.parquet.*02_dataset_creation"):
        load_split(tmp_path, "train")


def test_a_dataset_tells_what_it_was_made_with(run):
    meta = load_meta(run)
    assert meta["label_order"] == ["low", "high"]
    file = run / "dataset" / "train.parquet"
    assert meta["sha256"]["train"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (run / "dataset" / "tokenizer" / "tokenizer.json").exists()


@pytest.mark.parametrize("name", ["meta.json", "train.parquet", "tokenizer/tokenizer.json"])
def test_a_changed_byte_in_a_dataset_is_told_with_its_file(run, name):
    file = run / "dataset" / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(TweetsentError, match=f"{name} is damaged or was edited.*--from 02"):
        load_meta(run)


def test_an_edited_label_is_told_where_the_split_is_read(run):
    file = run / "dataset" / "train.parquet"
    pd.read_parquet(file).assign(label=3).to_parquet(file, index=False)
    with pytest.raises(TweetsentError, match=r"train\.parquet is damaged or was edited"):
        load_split(run, "train")
    assert len(load_split(run, "validation")) == 3


def test_a_dataset_that_is_made_again_replaces_the_whole_folder(run, tiny_encoder):
    save_dataset(run, {"train": TABLE}, load_tokenizer(tiny_encoder, "raw", 64), {"seed": 1})
    assert "label_order" not in load_meta(run)
    assert not (run / "dataset" / "validation.parquet").exists()


@pytest.mark.parametrize("column", ["text", "label", "input_ids"])
def test_other_tweets_in_any_split_make_another_dataset(run, tiny_encoder, column):
    before = load_meta(run)
    changed = TABLE.assign(**{column: TABLE[column].iloc[::-1].tolist()})
    tables = {"train": TABLE[:1], "validation": changed}
    tokenizer = load_tokenizer(tiny_encoder, "words", 64)
    save_dataset(run, tables, tokenizer, {"label_order": ["low", "high"]})
    assert load_meta(run) != before


def test_a_split_is_tokenised_with_its_row_ids_and_days(tiny_encoder):
    tokenizer = load_tokenizer(tiny_encoder, "raw", 64)
    days = pd.Series(pd.to_datetime(["2020-03-16", None])).tolist()
    tweets = pd.DataFrame({"text": ["panic", ""], "label": [2, 0], "day": days}, index=[7, 9])
    split = tokenize_split(tweets, tokenizer)
    assert list(split) == COLUMNS
    assert split["row_id"].tolist() == [7, 9]
    assert split["day"].tolist() == ["2020-03-16", ""]
    assert [len(ids) for ids in split["input_ids"]] == [3, 2]
