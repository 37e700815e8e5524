"""The Dataset that a training reads, from a table of tokenised tweets."""

import pandas as pd
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerBase

from tweetsent_utils.data.tokenizing import tokenize


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
