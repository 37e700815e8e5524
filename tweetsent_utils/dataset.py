"""From a table of tweets to token ids on disk: the split, the tokens, and the Dataset that reads them."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerBase

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.files import intact, need, write_whole

COLUMNS = ["row_id", "text", "label", "input_ids"]


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


def split_rows(
    labels: pd.Series, label_order: Sequence[str], validation_rows: int, validation_share: float, seed: int
) -> tuple[pd.Index, pd.Index]:
    """Split row ids into train and validation, stratified by label and seeded.

    Validation gets `validation_rows`, or `validation_share` of all rows where that is fewer. Returns both parts'
    row ids, each in file order. Raises `TweetsentError` when a class is too small to stand on both sides.
    """
    counts = labels.value_counts()
    if len(counts) < 2:
        raise TweetsentError(f"every training tweet is {label_order[labels.iloc[0]]!r}: give tweets of two classes")
    if counts.min() < 2:
        what = f"the class {label_order[counts.idxmin()]!r} has one training tweet"
        raise TweetsentError(f"{what}, and both sides of the split need one: add tweets, or leave the class out")
    rows = min(validation_rows, round(validation_share * len(labels)))
    if not len(counts) <= rows <= len(labels) - len(counts):
        what = f"{len(labels)} training tweets cannot give {rows} to validation and keep every class on both sides"
        raise TweetsentError(f"{what}: give more tweets, or change validation_rows and validation_share")
    train, validation = train_test_split(labels.index, test_size=rows, stratify=labels, random_state=seed)
    return train.sort_values(), validation.sort_values()


def sample_rows(labels: pd.Series, max_rows: int, seed: int) -> pd.Series:
    """Keep at most `max_rows` labels (0: all), a seeded and stratified draw in file order."""
    if not 0 < max_rows < len(labels):
        return labels
    shuffled = labels.sample(frac=1, random_state=seed)
    by_class = shuffled.groupby(shuffled)
    places = (by_class.cumcount() + 0.5) / by_class.transform("size")  # every class is spread evenly from 0 to 1
    return labels.loc[places.sort_values(kind="stable").index[:max_rows].sort_values()]


def tokenize(texts: Sequence[str], tokenizer: PreTrainedTokenizerBase) -> list[list[int]]:
    """Turn texts into lists of token ids, cut at its `model_max_length`, unpadded; uses all cores."""
    return tokenizer(list(texts), truncation=True, return_attention_mask=False)["input_ids"]


def save_split(folder: Path, name: str, table: pd.DataFrame) -> None:
    """Write `dataset/<name>.parquet` of a run: columns row_id, text, label, input_ids."""
    write_whole(folder / "dataset" / f"{name}.parquet", lambda file: table[COLUMNS].to_parquet(file, index=False))


def load_split(folder: Path, name: str) -> pd.DataFrame:
    """Read the split `train`, `validation` or `test` of a run; says which notebook makes it when it is not there."""
    file = need(folder / "dataset" / f"{name}.parquet", "02_dataset_creation")
    with intact(file):
        return pd.read_parquet(file, columns=COLUMNS)
