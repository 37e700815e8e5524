"""The files of a run's splits, written and read without torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from tweetsent_utils.checksums import sha256_of, verify_file, verify_folder, write_sealed_folder
from tweetsent_utils.files import load_json, read_errors, save_json

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

NOTEBOOK = "02_dataset_creation"
COLUMNS = ["row_id", "text", "label", "day", "input_ids"]


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
