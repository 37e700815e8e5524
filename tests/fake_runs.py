"""Folders that look like those of finished runs, for what compares or averages runs."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from tweetsent_utils.data.split_files import save_dataset
from tweetsent_utils.evaluation.predictions import save_predictions, tabulate_predictions


def make_run(
    folder: Path,
    accuracy: float = 0.75,
    test: float | None = 0.5,
    **parameters: object,
) -> Path:
    """Write what a finished run leaves for a comparison.

    It had two epochs of five steps each, and was then scored on 600 rows.
    """
    folder.mkdir(parents=True)
    values = {"run_name": folder.name, "train_file": "tweets.csv", "seed": 0, "max_lr": 0.1}
    (folder / "params.yaml").write_text(yaml.safe_dump(values | parameters))

    history = pd.DataFrame({"step": range(1, 11), "train_loss": np.linspace(2, 1, 10)})
    history["validation_accuracy"] = np.nan
    history.loc[[4, 9], "validation_accuracy"] = [accuracy / 2, accuracy]
    history.to_csv(folder / "history.csv", index=False)

    metrics = {
        "validation": {"accuracy": accuracy, "macro_f1": accuracy, "loss": 1.0, "rows": 600},
        "training": {"tweets": 80, "device": "cpu"},
    }
    if test is not None:
        metrics["test"] = {"accuracy": test, "macro_f1": test}
    timings = {"training": {"seconds": 9.0}}
    (folder / "timings.json").write_text(json.dumps(timings))
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return folder


class NoTokenizer:
    """What stands for a tokenizer where a dataset is only written."""

    def save_pretrained(self, folder: Path) -> None:
        folder.mkdir()


def make_member(
    folder: Path,
    seed: int = 0,
    labels: tuple[str, ...] = ("bad", "good"),
    validation_ids: tuple[int, ...] = (1, 2, 3, 4),
    test_texts: tuple[str, ...] = ("a", "b", "c", "d", "e", "f"),
) -> Path:
    """Write what a finished run leaves for an ensemble: dataset, predictions and a small model.

    The probabilities are drawn by the seed.
    """
    random = np.random.default_rng(seed)
    texts = {"validation": [f"v{number}" for number in validation_ids], "test": list(test_texts)}
    row_ids = {"validation": list(validation_ids), "test": list(range(len(test_texts)))}
    tables = {}
    for part, rows in row_ids.items():
        table = pd.DataFrame({"row_id": rows, "text": texts[part]})
        table["label"] = table["row_id"] % len(labels)
        tables[part] = table.assign(day=pd.NaT, input_ids=[[1]] * len(table))
    save_dataset(folder, tables, NoTokenizer(), {"label_order": list(labels), "ordered": False})
    for part, table in tables.items():
        logits = random.normal(size=(len(table), len(labels)))
        save_predictions(folder, part, tabulate_predictions(table, logits, labels))
    (folder / "params.yaml").write_text(yaml.safe_dump({"run_name": folder.name, "seed": seed}))
    (folder / "timings.json").write_text(json.dumps({"training": {"seconds": 60.0 + seed}}))
    (folder / "model").mkdir(exist_ok=True)
    (folder / "model" / "model.safetensors").write_bytes(b"x" * 500_000)
    return folder
