"""Token ids, in memory and on disk: the tokens of texts, the files of a split, and the Dataset that reads them."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerBase

from tweetsent_utils.files import intact, need

COLUMNS = ["row_id", "text", "label", "day", "input_ids"]


class TweetDataset(Dataset):
    """Tokenised tweets: item `i` is `{"row_id": int, "input_ids": list of n token ids, "label": int}`, unpadded."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.row_ids = table["row_id"].tolist()
        self.input_ids = [list(map(int, ids)) for ids in table["input_ids"]]
        self.labels = table["label"].tolist()
        self.lengths = [len(ids) for ids in self.input_ids]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> dict:
        return {"row_id": self.row_ids[index], "input_ids": self.input_ids[index], "label": self.labels[index]}


def tokenize(texts: Sequence[str], tokenizer: PreTrainedTokenizerBase) -> list[list[int]]:
    """Turn texts into lists of token ids, cut at its `model_max_length`, unpadded; uses all cores."""
    return tokenizer(list(texts), truncation=True, return_attention_mask=False)["input_ids"]


def load_split(folder: Path, name: str) -> pd.DataFrame:
    """Read the split `train`, `validation` or `test` of a run; says which notebook makes it when it is not there."""
    file = need(folder / "dataset" / f"{name}.parquet", "02_dataset_creation")
    with intact(file):
        return pd.read_parquet(file, columns=COLUMNS)
