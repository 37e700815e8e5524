"""From a table of tweets to token ids on disk: the split, the tokens, and the Dataset that reads them."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerBase

from tweetsent_utils.errors import TweetsentError
from tweetsent_utils.runs import need, write_whole


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
    labels: pd.Series, validation_rows: int, validation_share: float, seed: int
) -> tuple[pd.Index, pd.Index]:
    """Split row ids into train and validation, stratified by label and seeded.

    Validation gets `validation_rows`, or `validation_share` of all rows where that is fewer. Returns both parts'
    row ids, each in file order. Raises `TweetsentError` when a class is too small to stand on both sides.
    """
    rows = min(validation_rows, round(validation_share * len(labels)))
    try:
        train, validation = train_test_split(labels.index, test_size=rows, stratify=labels, random_state=seed)
    except ValueError as error:
        what = f"{len(labels)} rows cannot give {rows} validation rows with every class on both sides"
        raise TweetsentError(f"{what} ({error}): give more rows or change validation_share") from None
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
    write_whole(folder / "dataset" / f"{name}.parquet", lambda file: table.to_parquet(file, index=False))


def load_split(folder: Path, name: str) -> pd.DataFrame:
    """Read the split `train`, `validation` or `test` of a run; says which notebook makes it when it is not there."""
    return pd.read_parquet(need(folder / "dataset" / f"{name}.parquet", "02_dataset_creation"))
