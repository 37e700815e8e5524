"""A split's files: what comes back from disk is what went there."""

import pandas as pd
import pytest

from tweetsent_utils.data.dataset import TweetDataset, load_split, save_split
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


def test_split_and_its_tweets_come_back_from_disk_as_they_were(tmp_path):
    save_split(tmp_path, "validation", TABLE)
    loaded = load_split(tmp_path, "validation")
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
