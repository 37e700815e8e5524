"""The files of a split, and the Dataset that reads them."""

from pathlib import Path
from typing import Any

import pandas as pd
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerBase

from tweetsent_utils.checksums import sha256_of, verify_file, verify_folder, write_sealed_folder
from tweetsent_utils.data.tokenizing import tokenize
from tweetsent_utils.files import load_json, read_errors, save_json

NOTEBOOK = "02_dataset_creation"
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


def tokenize_split(tweets: pd.DataFrame, tokenizer: PreTrainedTokenizerBase) -> pd.DataFrame:
    """Tokenise a table with `text`, `label` and `day`, indexed by row id; return `COLUMNS`.

    `day` becomes a text, year-month-day, and is "" where there is none.
    """
    return pd.DataFrame(
        {
            "row_id": tweets.index,
            "text": tweets["text"].tolist(),
            "label": tweets["label"].to_numpy(),
            "day": tweets["day"].dt.strftime("%Y-%m-%d").fillna("").tolist(),
            "input_ids": tokenize(tweets["text"].tolist(), tokenizer),
        }
    )


def save_dataset(
    run: Path,
    tables: dict[str, pd.DataFrame],
    tokenizer: PreTrainedTokenizerBase,
    made_with: dict[str, Any],
) -> None:
    """Write the folder `dataset/` of a run, whole or not at all, with the checksums of its files.

    It holds `<split>.parquet` for each table, with the columns `COLUMNS`, the `tokenizer`, and in
    `meta.json` what the dataset was made with, to which the SHA-256 of each split is added: by
    them, a training knows its tweets.
    """

    def write(folder: Path) -> None:
        sums = {}
        for name, table in tables.items():
            file = folder / f"{name}.parquet"
            table[COLUMNS].to_parquet(file, index=False)
            sums[name] = sha256_of(file)
        tokenizer.save_pretrained(folder / "tokenizer")
        save_json(folder / "meta.json", made_with | {"sha256": sums})

    write_sealed_folder(run / "dataset", write)


def load_meta(run: Path) -> dict[str, Any]:
    """Return what a run's dataset was made with, if all its files are as they were written.

    Raises `TweetsentError`, which names the file, otherwise.
    """
    return load_json(verify_folder(run / "dataset", NOTEBOOK) / "meta.json")


def load_split(run: Path, name: str) -> pd.DataFrame:
    """Read the split `train`, `validation` or `test` of a run, with the columns `COLUMNS`.

    Raises `TweetsentError` for a damaged file, and names the notebook that makes a missing one.
    """
    file = verify_file(run / "dataset" / f"{name}.parquet", NOTEBOOK)
    with read_errors(file):
        return pd.read_parquet(file, columns=COLUMNS)
