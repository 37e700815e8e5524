"""The files of a split, and the Dataset that reads them."""

from pathlib import Path

import pandas as pd
from torch.utils.data import Dataset

from tweetsent_utils.files import read_errors, require_file, write_atomically

COLUMNS = ["row_id", "text", "label", "day", "input_ids"]


class TweetDataset(Dataset):
    """Tokenised tweets, unpadded.

    Item `i` is `{"row_id": int, "input_ids": list of n token ids, "label": int}`. It is made from a
    table with these three columns; `lengths` holds each tweet's number of tokens.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self.row_ids = table["row_id"].tolist()
        self.input_ids = [list(map(int, ids)) for ids in table["input_ids"]]
        self.labels = table["label"].tolist()
        self.lengths = [len(ids) for ids in self.input_ids]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> dict:
        return {
            "row_id": self.row_ids[index],
            "input_ids": self.input_ids[index],
            "label": self.labels[index],
        }


def save_split(run: Path, name: str, table: pd.DataFrame) -> None:
    """Write `dataset/<name>.parquet` of a run, with the columns `COLUMNS`."""
    path = run / "dataset" / f"{name}.parquet"
    write_atomically(path, lambda file: table[COLUMNS].to_parquet(file, index=False))


def load_split(run: Path, name: str) -> pd.DataFrame:
    """Read the split `train`, `validation` or `test` of a run, with the columns `COLUMNS`.

    Raises `TweetsentError` for a damaged file, and names the notebook that makes a missing one.
    """
    file = require_file(run / "dataset" / f"{name}.parquet", "02_dataset_creation")
    with read_errors(file):
        return pd.read_parquet(file, columns=COLUMNS)
